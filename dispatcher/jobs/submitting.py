"""Taking in a recording: probe it, keep it in the object store, record its job."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from dispatcher.jobs.hashing import hash_file
from dispatcher.jobs.request import Request
from dispatcher.jobs.tags import check_tags
from dispatcher.kinds.conversion import Conversion
from dispatcher.turns.taking import Turns
from dispatcher.turns.turn import Turn
from dispatcher.voices.needed import complete_recipe
from dispatcher.voices.voices import find_voice, job_settings
from storage import keys
from storage.audio.facts import SourceFacts
from storage.audio.formats import FORMATS, format_of
from storage.audio.grid import cell_length, cells_in, resampled_length
from storage.audio.read import probe
from storage.audio.write import writable_rate
from storage.errors import InputError
from storage.objects.store import ObjectStore
from storage.printable import storable
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from storage.remedies import Act, Remedy
from storage.settings import Settings
from workers.engines import catalog
from workers.wire.routes import engine_tag

KIND = Conversion()
#: The range of a result's rate.
RATES = range(8_000, 192_001)


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request checked against the farm's voices and tags; it serves for many recordings."""

    request: Request
    engine: str
    recipe: dict[str, object]
    settings: dict[str, object]
    needs: tuple[str, ...]
    rate_voice: int
    rate_out: int
    format: str


def check_request(database: Database, settings: Settings, request: Request) -> CheckedRequest:
    """Check all of a request that can be checked before any recording is read."""
    voice = find_voice(database, request.voice)
    check_tags(database, settings, request.require)
    kind = format_of(request.format or FORMATS[0])
    rate = request.rate or writable_rate(kind, voice.rate)
    if rate not in RATES:
        raise InputError(f"{rate} Hz cannot be a result's rate; choose one from {RATES.start} to {RATES.stop - 1}")
    if writable_rate(kind, rate) != rate:
        raise InputError(f"{kind} files cannot have {rate} Hz", Remedy(Act.CHOOSE_RATE, str(writable_rate(kind, rate))))
    wanted = job_settings(voice, request.settings)
    return CheckedRequest(
        request=request,
        engine=voice.engine,
        recipe=complete_recipe(database, voice, wanted),
        settings=wanted,
        needs=tuple(sorted({engine_tag(voice.engine, catalog.engine(voice.engine).version), *request.require})),
        rate_voice=voice.rate,
        rate_out=rate,
        format=kind,
    )


def submit(turns: Turns, store: ObjectStore, path: Path, checked: CheckedRequest) -> int:
    """Take in one recording and ask for its split; returns its job's number."""
    facts = probe(path, path.name, allow_truncated=checked.request.allow_truncated)
    source_hash = hash_file(path)
    key = keys.source_key(source_hash)
    if store.find(key) is None:
        store.put_file(key, path)
    with turns.writing() as turn:
        job_id = _write_job(turn, path, facts, source_hash, checked)
        turn.ask_for(KIND.first, job_id)
    return job_id


def _write_job(turn: Turn, path: Path, facts: SourceFacts, source_hash: str, checked: CheckedRequest) -> int:
    engine = catalog.engine(checked.engine)
    request = checked.request
    frames = facts.frames or 0
    context = cells_in(round(engine.context_seconds * engine.rate_in), engine.rate_in) * cell_length(engine.rate_in)
    inserted = turn.connection.execute(
        insert(JobRecord)
        .values(
            kind=KIND.name,
            state=JobState.SUBMITTED,
            reason="",
            name=storable(path.name),
            source_hash=source_hash,
            source_bytes=path.stat().st_size,
            source_rate=facts.rate,
            source_frames=frames,
            allow_truncated=request.allow_truncated,
            title=facts.title and storable(facts.title),
            artist=facts.artist and storable(facts.artist),
            voice=request.voice,
            engine=checked.engine,
            engine_version=engine.version,
            recipe=checked.recipe,
            settings=checked.settings,
            needs=checked.needs,
            priority=request.priority,
            rate_in=engine.rate_in,
            rate_voice=checked.rate_voice,
            context_samples=context,
            rate_out=checked.rate_out,
            format=checked.format,
            seconds=resampled_length(frames, facts.rate, 1000) / 1000,
            claim_until=turn.now,
            submitted_at=turn.now,
        )
        .returning(JobRecord.id)
    )
    return int(inserted.scalar_one())
