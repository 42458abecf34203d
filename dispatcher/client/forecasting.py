"""Foretelling what recordings would take: their headers are read, and nothing is handed in or written."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from dispatcher.client.converting import crew_to_convert
from dispatcher.feed.deciding import needs_once_decided
from dispatcher.feed.forecast.stages import Load, Way
from dispatcher.feed.forecast.standing import Standing, read_standing, remembered_classes
from dispatcher.feed.forecast.work import Work, atoms_in
from dispatcher.feed.views import ClassView, Rules
from dispatcher.jobs.batches import Known, known_in
from dispatcher.jobs.checking import CheckedRequest
from dispatcher.jobs.incoming import Glimpsed, glimpsed
from dispatcher.jobs.submitting import ahead, look_into
from dispatcher.local.crew import this_machine
from dispatcher.reports.forecast import Ahead, Forecast, Planned, foretell
from dispatcher.studio.running import processes
from dispatcher.wishes.targets import Target
from storage.audio.mark import mark_of
from storage.errors import VoicefarmError
from storage.objects.reach import Reach
from storage.records.database import Database
from storage.records.schema import BatchRecord
from storage.records.states import JobState
from storage.settings import Settings


class _Held:
    """What a batch has already."""

    def __init__(self, known: Mapping[tuple[str, str], Known]) -> None:
        self.known = known
        self.names = {wanted for wanted, _ in known}

    def has(self, target: Target, checked: CheckedRequest, recording: Glimpsed) -> bool:
        """Whether it has the result of a recording, or is at work on it."""
        if target.wanted not in self.names:
            return False
        found = self.known.get((target.wanted, mark_of(recording.hash(), checked.hash)))
        return found is not None and found.state not in (JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Forecasting:
    """Foretells for one farm."""

    database: Database
    settings: Settings

    def of(self, targets: Sequence[Target], batch: str | None, *, with_results: bool) -> Forecast:
        """What would become of recordings; `with_results` where their results go to files of this machine."""
        held, reach = self._held(batch), Reach(self.settings)
        looked = list(ahead(self.settings.transfers, targets, lambda target: _look(target, held, reach)))
        planned = [
            replace(one, result=t.result if with_results else None) for one, t in zip(looked, targets, strict=True)
        ]
        to_do = [(one, t) for one, t in zip(planned, targets, strict=True) if one.is_to_do]
        standing, cores = self._standing([target for _, target in to_do])
        ours = [work for one, target in to_do if (work := self._work(one, target, standing.classes)) is not None]
        load = _load(to_do)
        return foretell(
            Ahead(
                planned,
                [*standing.works, *ours],
                standing.classes,
                Way(
                    load,
                    load + standing.to_split,
                    load + standing.open,
                    processes(self.settings, os.cpu_count() or 1),
                    standing.split,
                    standing.stitch,
                    cores,
                ),
                Rules(longest_lease=self.settings.lease_seconds),
                not cores,
                standing.open.recordings,
                standing.open.seconds,
            )
        )

    def _held(self, batch: str | None) -> _Held:
        """What the batch has, if there is such a batch."""
        if batch is None:
            return _Held({})
        with self.database.reading() as connection:
            number = connection.execute(select(BatchRecord.id).where(BatchRecord.name == batch)).scalar()
            return _Held({} if number is None else known_in(connection, int(number)))

    def _work(self, one: Planned, target: Target, classes: Sequence[ClassView]) -> Work | None:
        checked = target.commission.checked
        if not one.seconds or checked is None:
            return None
        atoms = atoms_in(one.seconds, self.settings.atom_seconds)
        request, needs = checked.request, needs_once_decided(checked, classes)
        return Work(checked.engine, needs, request.priority, request.voice, 0.0, one.seconds, atoms)

    def _standing(self, targets: Sequence[Target]) -> tuple[Standing, int]:
        """The farm as it is; or where none is up here, as it would be started, and the cores that it would share."""
        is_up = not self.settings.is_embedded or self.settings.socket_path.exists()
        with self.database.reading() as connection:
            standing = read_standing(connection, time.time(), self.settings, is_up=is_up)
            if standing.classes or not self.settings.is_embedded:
                return standing, 0
            crew = crew_to_convert(self.settings, targets) if targets else None
            machines = {True: crew.on_processor, False: crew.on_accelerator} if crew else {}
            return replace(standing, classes=remembered_classes(connection, machines)), this_machine().cores


def _look(target: Target, held: _Held, reach: Reach) -> Planned:
    """What a recording's header says, unless it is known to be refused or done."""
    checked = target.commission.checked
    if target.error is not None or target.is_there or checked is None:
        return Planned(target.source, error=target.error, is_there=target.is_there)
    try:
        with glimpsed(target.source, reach) as recording:
            facts, channels = look_into(recording, target.source.name, checked)
            seconds = None if facts.seconds is None else facts.seconds * channels.streams(facts.channels)
            is_there = held.has(target, checked, recording)
            return Planned(target.source, is_there=is_there, seconds=seconds, size=recording.size)
    except VoicefarmError as error:
        return Planned(target.source, error=error)


def _load(to_do: Sequence[tuple[Planned, Target]]) -> Load:
    seconds = [one.seconds or 0.0 for one, _ in to_do]
    return Load(len(to_do), sum(seconds), max(seconds, default=0.0), sum(one.size for one, _ in to_do))
