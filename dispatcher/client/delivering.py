"""Bringing a job's result to its place, and saying what became of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dispatcher.client.answers import THERE, UNFETCHED, Delivery
from dispatcher.client.following import Following
from dispatcher.jobs.batches import name_of
from dispatcher.jobs.fetching import no_result
from dispatcher.wishes.places import Places
from dispatcher.wishes.targets import Existing, Target
from storage.audio.formats import format_of
from storage.errors import ConversionError, InputError, VoicefarmError
from storage.objects.address import Place, read_place
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from storage.remedies import Act, Remedy


def delivery_of(target: Target, place: int = 0, **known: Any) -> Delivery:
    """What is told of a recording that is to go to a target, with what is known of it beyond that."""
    wish = target.commission.wish
    return Delivery(target.source, wish.request.voice, carried=wish.carried, place=place, **known)


def bring(
    job_ids: Sequence[int],
    place: Callable[[JobRecord], Place],
    open_store: Callable[[], ObjectStore],
    database: Database,
    existing: Existing,
    pause: Callable[[], None] | None,
    places: Places,
) -> Iterator[Delivery]:
    """Copy the results of jobs to their places, those that are open as soon as they end if there is a `pause` to wait
    with.
    """
    following, told = Following(database), _Telling(database)
    following.add(job_ids)
    while True:
        for job in following.newly_ended():
            if job.state != JobState.FINISHED:
                yield told.without_result(job)
                continue
            try:
                yield deliver(job, place(job), told.of(job), open_store, database, places, existing)
            except InputError as error:
                yield replace(told.of(job), state=UNFETCHED, error=error)
        if not following.open:
            return
        if pause is None:
            break
        pause()
    yield from map(told.without_result, following.all_open())


def one_place(target: Place) -> Callable[[JobRecord], Place]:
    """The one file that a result goes to, whose name must say the result's own format."""

    def place(job: JobRecord) -> Place:
        if format_of(target.name) != job.format:
            raise InputError(
                f"job {job.id} was made as {job.format}; name the file so, or submit it anew in the other format"
            )
        return target

    return place


def in_folder(folder: Place | None) -> Callable[[JobRecord], Place]:
    """A folder that results go into, under the names of their recordings."""
    return lambda job: (folder or Path()) / named_alone(job)


def named_alone(job: JobRecord) -> str:
    """What a result is called by itself."""
    return f"{Path(job.name).stem}.{job.format}"


def deliver(
    job: JobRecord,
    target: Place,
    told: Delivery,
    open_store: Callable[[], ObjectStore],
    database: Database,
    places: Places,
    existing: Existing = Existing.REPLACE,
) -> Delivery:
    """Copy the result of a job that has ended; `told` is what is known of its recording."""
    ended = replace(told, job=job.id, state=job.state, remark=job.remark or None)
    if job.state != JobState.FINISHED:
        return replace(ended, error=ConversionError(job.reason))
    try:
        if existing is not Existing.REPLACE and places.has_file(target):
            _require_current(job, target, places, existing)
            return replace(ended, state=THERE, result=target)
        if why := places.why_irreplaceable(target):
            raise why
        places.put(open_store(), job, target, database)
    except VoicefarmError as error:
        return replace(ended, state=UNFETCHED, error=error)
    return replace(ended, result=target)


class _Telling:
    """What is told of jobs by their records alone."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.batches: dict[int, str] = {}

    def of(self, job: JobRecord) -> Delivery:
        """What is known of its recording."""
        source = read_place(job.path or job.name)
        return Delivery(source, job.voice, job.id, self._batch(job.batch_id), carried=job.carried, place=job.id)

    def without_result(self, job: JobRecord) -> Delivery:
        """That there is nothing to bring, and why."""
        return replace(self.of(job), state=UNFETCHED, error=no_result(job))

    def _batch(self, number: int | None) -> str | None:
        if number is None:
            return None
        if number not in self.batches:
            with self.database.reading() as connection:
                self.batches[number] = name_of(connection, number)
        return self.batches[number]


def _require_current(job: JobRecord, target: Place, places: Places, existing: Existing) -> None:
    if existing is not Existing.KEEP_ALL and places.mark(target) != (job.mark or None):
        raise InputError(f"{target} exists already and is another result", Remedy(Act.OVERWRITE))
