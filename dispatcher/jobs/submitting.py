"""Taking a recording in: look at it, keep it in the object store, write its job down."""

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from dispatcher.jobs.hashing import hash_file
from dispatcher.jobs.request import Request
from dispatcher.jobs.storable import storable
from dispatcher.jobs.tags import check_tags
from dispatcher.jobs.voice_settings import job_settings
from dispatcher.jobs.voices import find_voice
from dispatcher.models.needed import complete_recipe
from storage import keys
from storage.audio.facts import SourceFacts
from storage.audio.grid import cell_length, cells_in, resampled_length
from storage.audio.probe import probe
from storage.audio.write import format_of, writable_rate
from storage.errors import InputError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from storage.settings import Settings
from workers.capability import engine_tag
from workers.engines import catalog

#: What a result's rate may be.
RATES = range(8_000, 192_001)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A request that was checked against the farm's voices and tags; the same for many recordings."""

    request: Request
    engine: str
    recipe: dict[str, object]
    settings: dict[str, object]
    needs: tuple[str, ...]
    rate_voice: int
    rate_out: int


def check_request(database: Database, settings: Settings, request: Request) -> Conversion:
    """Everything that can be wrong with a request before any recording is looked at."""
    voice = find_voice(database, request.voice)
    check_tags(database, settings, request.require)
    kind = format_of(request.format)
    rate = request.rate or writable_rate(kind, voice.rate)
    if rate not in RATES:
        raise InputError(f"{rate} Hz is no rate for a result; choose one from {RATES.start} to {RATES.stop - 1}")
    if writable_rate(kind, rate) != rate:
        raise InputError(
            f"{kind} files cannot have {rate} Hz; the nearest possible is --rate {writable_rate(kind, rate)}"
        )
    wanted = job_settings(voice, request.settings)
    return Conversion(
        request=request,
        engine=voice.engine,
        recipe=complete_recipe(database, voice, wanted),
        settings=wanted,
        needs=tuple(sorted({engine_tag(voice.engine, catalog.family(voice.engine).version), *request.require})),
        rate_voice=voice.rate,
        rate_out=rate,
    )


def submit(database: Database, store: ObjectStore, path: Path, conversion: Conversion) -> int:
    """Take one recording in; its job's number."""
    facts = probe(path, path.name, allow_truncated=conversion.request.allow_truncated)
    source_hash = hash_file(path)
    key = keys.source_key(source_hash)
    if store.find(key) is None:
        store.put_file(key, path)
    return _write_job(database, path, facts, source_hash, conversion)


def _write_job(database: Database, path: Path, facts: SourceFacts, source_hash: str, conversion: Conversion) -> int:
    family = catalog.family(conversion.engine)
    request = conversion.request
    frames = facts.frames or 0
    now = time.time()
    context = cells_in(round(family.context_seconds * family.rate_in), family.rate_in) * cell_length(family.rate_in)
    with database.writing() as connection:
        inserted = connection.execute(
            insert(JobRecord)
            .values(
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
                engine=conversion.engine,
                engine_version=family.version,
                recipe=conversion.recipe,
                settings=conversion.settings,
                needs=conversion.needs,
                priority=request.priority,
                rate_in=family.rate_in,
                rate_voice=conversion.rate_voice,
                context_samples=context,
                rate_out=conversion.rate_out,
                format=format_of(request.format),
                seconds=resampled_length(frames, facts.rate, 1000) / 1000,
                claim_until=now,
                submitted_at=now,
            )
            .returning(JobRecord.id)
        )
        return int(inserted.scalar_one())
