"""Taking in a recording: probe it, keep it in the object store, record its job."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert

from dispatcher.jobs.hashing import hash_file
from dispatcher.jobs.request import Request
from dispatcher.jobs.result_shape import check_shape, refuse_shape, shape_columns
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
from storage.errors import InputError, VoicefarmError
from storage.objects.store import ObjectStore
from storage.printable import storable
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from storage.remedies import Act, Remedy
from storage.settings import Settings
from workers.engines import catalog
from workers.wire.routes import engine_tag

T = TypeVar("T")
R = TypeVar("R")

KIND = Conversion()
#: Recordings that may be ready before they are recorded.
AHEAD = 16
#: Seconds after which those that are ready are recorded although more could go along: work is to begin soon.
SOON = 0.2
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
    check_shape(request, kind)
    rate = request.rate or writable_rate(kind, voice.rate, request.depth)
    if rate not in RATES:
        raise InputError(f"{rate} Hz cannot be a result's rate; choose one from {RATES.start} to {RATES.stop - 1}")
    if (writable := writable_rate(kind, rate, request.depth)) != rate:
        raise InputError(f"{kind} files cannot have {rate} Hz", Remedy(Act.CHOOSE_RATE, str(writable)))
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
    taken = _take_in(store, path, checked)
    with turns.writing() as turn:
        (job_id,) = _write_jobs(turn, [taken], checked)
    return job_id


def submit_all(
    turns: Turns, store: ObjectStore, paths: Iterable[Path], checked: CheckedRequest
) -> Iterator[tuple[int, int | VoicefarmError]]:
    """Take in many recordings, several at a time; yields each one's place with its job's number or why it is refused.

    Refusals come at once, and jobs as soon as they are recorded, so the places are not in order.
    """
    ready: list[tuple[int, _Taken]] = []
    since = time.monotonic()
    for place, found in enumerate(_ahead(turns.settings.transfers, paths, lambda path: _try(store, path, checked))):
        if isinstance(found, VoicefarmError):
            yield place, found
            continue
        ready.append((place, found))
        if len(ready) >= KIND.first.most_together or time.monotonic() - since > SOON:
            yield from _submitted(turns, ready, checked)
            ready, since = [], time.monotonic()
    if ready:
        yield from _submitted(turns, ready, checked)


def _ahead(threads: int, items: Iterable[T], work: Callable[[T], R]) -> Iterator[R]:
    """What the work makes of each item, in order, while others are worked on already."""
    if threads == 1:
        # In the caller's own thread, whose end then ends it.
        yield from map(work, items)
        return
    coming = iter(items)
    with ThreadPoolExecutor(threads, "intake") as pool:
        running = deque(pool.submit(work, item) for item in islice(coming, AHEAD))
        while running:
            yield running.popleft().result()
            running.extend(pool.submit(work, item) for item in islice(coming, 1))


def _submitted(
    turns: Turns, ready: Sequence[tuple[int, "_Taken"]], checked: CheckedRequest
) -> Iterator[tuple[int, int | VoicefarmError]]:
    with turns.writing() as turn:
        job_ids = _write_jobs(turn, [taken for _, taken in ready], checked)
    yield from zip((place for place, _ in ready), job_ids, strict=True)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A recording that lies in the store."""

    path: Path
    facts: SourceFacts
    hash: str
    bytes: int


def _try(store: ObjectStore, path: Path, checked: CheckedRequest) -> _Taken | VoicefarmError:
    try:
        return _take_in(store, path, checked)
    except VoicefarmError as error:
        return error


def _take_in(store: ObjectStore, path: Path, checked: CheckedRequest) -> _Taken:
    request = checked.request
    facts = probe(path, path.name, allow_truncated=request.allow_truncated, track=request.track)
    refuse_shape(facts, checked.format)
    source_hash = hash_file(path)
    key = keys.source_key(source_hash)
    if store.find(key) is None:
        store.put_file(key, path)
    return _Taken(path, facts, source_hash, path.stat().st_size)


def _write_jobs(turn: Turn, taken: Sequence[_Taken], checked: CheckedRequest) -> list[int]:
    """Record the jobs and ask for their splits; returns their numbers in the same order."""
    inserted = turn.connection.execute(
        insert(JobRecord).returning(JobRecord.id, sort_by_parameter_order=True),
        [_job_row(turn.now, one, checked) for one in taken],
    )
    job_ids = [int(job_id) for job_id in inserted.scalars()]
    for job_id in job_ids:
        turn.ask_for(KIND.first, job_id)
    return job_ids


def _job_row(now: float, taken: _Taken, checked: CheckedRequest) -> dict[str, object]:
    engine, request, facts = catalog.engine(checked.engine), checked.request, taken.facts
    frames = facts.frames or 0
    context = cells_in(round(engine.context_seconds * engine.rate_in), engine.rate_in) * cell_length(engine.rate_in)
    return {
        "kind": KIND.name,
        "state": JobState.SUBMITTED,
        "reason": "",
        "name": storable(taken.path.name),
        "source_hash": taken.hash,
        "source_bytes": taken.bytes,
        "source_rate": facts.rate,
        "source_frames": frames,
        "allow_truncated": request.allow_truncated,
        "title": facts.title and storable(facts.title),
        "artist": facts.artist and storable(facts.artist),
        "voice": request.voice,
        "engine": checked.engine,
        "engine_version": engine.version,
        "recipe": checked.recipe,
        "settings": checked.settings,
        "needs": checked.needs,
        "priority": request.priority,
        "rate_in": engine.rate_in,
        "rate_voice": checked.rate_voice,
        "context_samples": context,
        "rate_out": checked.rate_out,
        "format": checked.format,
        **shape_columns(facts, request, checked.format),
        "seconds": resampled_length(frames, facts.rate, 1000) / 1000,
        "claim_until": now,
        "submitted_at": now,
    }
