"""Taking in recordings: probe them, keep them in the object store, record their jobs."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import insert

from dispatcher.jobs.batches import Known, begin_filling, end_filling
from dispatcher.jobs.checking import CheckedRequest
from dispatcher.jobs.ending import retry_job
from dispatcher.jobs.incoming import Glimpsed, incoming
from dispatcher.jobs.quality_checks import want_checks
from dispatcher.jobs.result_shape import channels_within, refuse_shape, shape_columns
from dispatcher.kinds.conversion import Conversion
from dispatcher.turns.taking import Turns
from dispatcher.turns.turn import Turn
from storage import keys
from storage.audio.channels import Channels
from storage.audio.facts import SourceFacts
from storage.audio.grid import cell_length, cells_in, resampled_length
from storage.audio.mark import mark_of
from storage.audio.read import probe
from storage.errors import InputError, VoicefarmError
from storage.objects.address import Place
from storage.objects.reach import Reach
from storage.objects.store import ObjectStore
from storage.printable import storable
from storage.records.schema import JobRecord
from storage.records.states import JobState
from workers.engines import catalog

T = TypeVar("T")
R = TypeVar("R")

KIND = Conversion()
#: Recordings that may be ready before they are recorded.
AHEAD = 16
#: Seconds after which those that are ready are recorded although more could go along: work is to begin soon.
SOON = 0.2


@dataclass(frozen=True, slots=True)
class Intake:
    """One recording to be taken in, and what is written down with it."""

    source: Place
    checked: CheckedRequest
    wanted: str = ""
    """What its batch calls the result."""
    carried: Mapping[str, Any] | None = None
    """What its owner wants back with the result."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job of a recording that was taken in, perhaps an earlier one that is the same."""

    job: int
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Belonging:
    """The batch that recordings are taken into, and what it holds already."""

    batch_id: int | None = None
    name: str | None = None
    known: Mapping[tuple[str, str], Known] | None = None
    """Its jobs, by what their results are called and by their marks."""

    def earlier(self, wanted: str, mark: str) -> Known | None:
        """The job that has the same result already, or is at work on it."""
        return self.known.get((wanted, mark)) if self.known else None


ALONE = Belonging()


def submit(turns: Turns, store: ObjectStore, source: Place, checked: CheckedRequest) -> int:
    """Take in one recording and ask for its split; returns its job's number."""
    taken = _take_in(store, Intake(source, checked), ALONE, Reach(turns.settings))
    with turns.writing() as turn:
        (job_id,) = _write_jobs(turn, [taken], {})
        _want_checks(turn, [(job_id, taken)])
    return job_id


def submit_all(
    turns: Turns, store: ObjectStore, intakes: Iterable[Intake], belonging: Belonging = ALONE, at_a_time: int = 0
) -> Iterator[tuple[int, Accepted | VoicefarmError]]:
    """Take in many recordings, so many at a time or as many as the settings say; yields each one's place with its job
    or why it is refused.

    Refusals come at once, and jobs as soon as they are recorded, so the places are not in order. What a batch has
    already is not taken in again; if it failed, it is tried again.
    """
    ready: list[tuple[int, _Taken]] = []
    since = time.monotonic()
    reach = Reach(turns.settings)
    tried = ahead(at_a_time or turns.settings.transfers, intakes, lambda intake: _try(store, intake, belonging, reach))
    for place, found in enumerate(tried):
        if isinstance(found, VoicefarmError):
            yield place, found
            continue
        ready.append((place, found))
        if len(ready) >= KIND.first.most_together or time.monotonic() - since > SOON:
            yield from _submitted(turns, ready, belonging)
            ready, since = [], time.monotonic()
    if ready:
        yield from _submitted(turns, ready, belonging)
    if belonging.batch_id is not None:
        with turns.writing() as turn:
            end_filling(turn, belonging.batch_id)


def ahead(threads: int, items: Iterable[T], work: Callable[[T], R]) -> Iterator[R]:
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
    turns: Turns, ready: Sequence[tuple[int, "_Taken"]], belonging: Belonging
) -> Iterator[tuple[int, Accepted]]:
    accepted: dict[int, Accepted] = {}
    with turns.writing() as turn:
        of_batch = _of_batch(turn, belonging)
        for place, taken in ready:
            if taken.earlier is not None and _goes_on(turn, taken.earlier):
                accepted[place] = Accepted(taken.earlier.job_id, is_new=False)
        fresh = [(place, taken) for place, taken in ready if place not in accepted]
        if fresh:
            job_ids = _write_jobs(turn, [taken for _, taken in fresh], of_batch)
            accepted |= {place: Accepted(job) for (place, _), job in zip(fresh, job_ids, strict=True)}
        _want_checks(turn, [(accepted[place].job, taken) for place, taken in ready])
    yield from accepted.items()


def _want_checks(turn: Turn, jobs: Iterable[tuple[int, "_Taken"]]) -> None:
    """Have those results judged whose owners asked for it, of an earlier job too unless that was done before."""
    judged = [job_id for job_id, taken in jobs if taken.intake.checked.request.quality_check]
    want_checks(turn.connection, judged, turn.now)


def _of_batch(turn: Turn, belonging: Belonging) -> Mapping[str, object]:
    """What a batch's jobs have from it. Batches are locked before jobs, so that no two transactions wait for each
    other.
    """
    batch_id = belonging.batch_id
    return {} if batch_id is None else {"batch_id": batch_id, "notify": begin_filling(turn, batch_id)}


def _goes_on(turn: Turn, earlier: Known) -> bool:
    """Whether an earlier job has the result or is at work on it; one that failed is tried again."""
    if earlier.state not in (JobState.FAILED, JobState.CANCELLED):
        return True
    try:
        retry_job(turn, earlier.job_id)
    except InputError:
        # Its recording is no longer kept.
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Taken:
    """A recording that lies in the store, unless an earlier job has it."""

    intake: Intake
    facts: SourceFacts
    channels: Channels
    hash: str
    mark: str
    bytes: int
    earlier: Known | None


def _try(store: ObjectStore, intake: Intake, belonging: Belonging, reach: Reach) -> _Taken | VoicefarmError:
    try:
        return _take_in(store, intake, belonging, reach)
    except VoicefarmError as error:
        return error


def _take_in(store: ObjectStore, intake: Intake, belonging: Belonging, reach: Reach) -> _Taken:
    source, checked = intake.source, intake.checked

    def key_for(source_hash: str) -> str | None:
        earlier = belonging.earlier(intake.wanted, mark_of(source_hash, checked.hash))
        key = keys.source_key(source_hash)
        is_done = earlier is not None and earlier.state == JobState.FINISHED
        return None if is_done or store.find(key) else key

    with incoming(source, reach) as recording:
        facts, channels = look_into(recording, source.name, checked)
        source_hash = recording.keep(store, key_for)
        mark = mark_of(source_hash, checked.hash)
        earlier = belonging.earlier(intake.wanted, mark)
        return _Taken(intake, facts, channels, source_hash, mark, recording.size, earlier)


def look_into(recording: Glimpsed, name: str, checked: CheckedRequest) -> tuple[SourceFacts, Channels]:
    """What a recording's header says, and which of its channels are meant; raises if it cannot be converted so."""
    request = checked.request
    facts = probe(recording.content, name, allow_truncated=request.allow_truncated, track=request.track)
    refuse_shape(facts, checked.format)
    return facts, channels_within(facts, checked.channels, checked.format, request.depth, mix_back=checked.mix_back)


def _write_jobs(turn: Turn, taken: Sequence[_Taken], of_batch: Mapping[str, object]) -> list[int]:
    """Record the jobs, with what they have from their batch, and ask for their splits; returns their numbers in the
    same order.
    """
    inserted = turn.connection.execute(
        insert(JobRecord).returning(JobRecord.id, sort_by_parameter_order=True),
        [{**_job_row(turn.now, one), **of_batch} for one in taken],
    )
    job_ids = [int(job_id) for job_id in inserted.scalars()]
    for job_id in job_ids:
        turn.ask_for(KIND.first, job_id)
    return job_ids


def _job_row(now: float, taken: _Taken) -> dict[str, object]:
    facts, checked = taken.facts, taken.intake.checked
    engine, request = catalog.engine(checked.engine), checked.request
    frames = facts.frames or 0
    context = cells_in(round(engine.context_seconds * engine.rate_in), engine.rate_in) * cell_length(engine.rate_in)
    return {
        "kind": KIND.name,
        "state": JobState.SUBMITTED,
        "reason": "",
        "name": storable(taken.intake.source.name),
        "path": storable(str(taken.intake.source)),
        "wanted": taken.intake.wanted,
        "mark": taken.mark,
        "batch_id": None,
        "notify": request.notify,
        "carried": None if taken.intake.carried is None else dict(taken.intake.carried),
        "source_hash": taken.hash,
        "source_bytes": taken.bytes,
        "source_rate": facts.rate,
        "source_frames": frames,
        "source_channels": facts.channels,
        "channels": taken.channels.text,
        "mix_back": checked.mix_back,
        "effects_before": request.before,
        "effects_after": request.after,
        "allow_truncated": request.allow_truncated,
        "title": facts.title and storable(facts.title),
        "artist": facts.artist and storable(facts.artist),
        "voice": request.voice,
        "engine": checked.engine,
        "engine_version": engine.version,
        "recipe": checked.recipe,
        "settings": checked.settings,
        "needs": checked.needs,
        "leaves_open": checked.leaves_open,
        "priority": request.priority,
        "rate_in": engine.rate_in,
        "rate_voice": checked.rate_voice,
        "context_samples": context,
        "rate_out": checked.rate_out,
        "format": checked.format,
        **shape_columns(facts, request, checked.format),
        "seconds": taken.channels.streams(facts.channels) * resampled_length(frames, facts.rate, 1000) / 1000,
        "claim_until": now,
        "submitted_at": now,
    }
