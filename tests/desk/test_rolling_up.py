"""What is told of jobs stays the same when the rows of their pieces are rolled up, whatever interrupts that."""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from dispatcher.jobs.batches import make_batch
from dispatcher.jobs.ending import cancel_job, retry_job
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.totals import HOUR
from dispatcher.local.checks.records import look_at_farm
from dispatcher.reports.farm import read_workers
from dispatcher.reports.job import report_job
from dispatcher.reports.period import report_period
from dispatcher.reports.picture import draw_picture
from dispatcher.reports.reading import read_batch, read_job, read_period
from dispatcher.reports.summary import summarise
from dispatcher.reports.work import Span
from dispatcher.studio import rolling_up
from dispatcher.studio.rolling_up import RollingUp
from dispatcher.studio.sweeping import DAY, Sweeping
from storage.errors import InputError
from storage.objects.folder import FolderStore
from storage.records.schema import AtomRecord, AttemptRecord, AttemptTotalRecord, JobRecord, LeaseRecord, Record
from storage.records.states import GOOD
from storage.settings import Settings
from tests.desk.conftest import DeskModel
from tests.desk.test_counters import COUNTERS
from tests.reports.rows import attempt, lease, worker

OUTCOMES = ("done", "done", "done", "cached", "late", "failed", "failed", "away", "unheard of")
REASONS = ("no room", "the engine broke", None)
#: Fractions that sums keep exactly, in whatever order they are added.
FRACTION = 64
#: Moments at which reports are read, far from all that happened.
LATER = 1e6


def some(dice: random.Random) -> float:
    return dice.randint(0, 9_999) / FRACTION


def tried(dice: random.Random, job_id: int, ended_at: float) -> tuple[list[LeaseRecord], list[AttemptRecord]]:
    """Leases and attempts of a job, with copies, failures and workers that nobody knows."""
    leases, attempts = [], []
    for n in range(dice.randint(1, 8)):
        token, first = f"{job_id}-{n}", dice.randint(0, 3)
        began = ended_at - dice.randint(60, 4 * int(HOUR))
        state = dice.choice(("finished", "finished", "lost", "dropped"))
        over = dice.choice((began + some(dice), ended_at))
        leases.append(lease(token, first, first + 2, job_id=job_id, state=state, created_at=began, ended_at=over))
        wait, who = some(dice), dice.choice(("one", "two", "stranger"))
        for number in range(first, first + dice.randint(0, 3)):
            outcome = dice.choice(OUTCOMES)
            attempts.append(
                attempt(
                    number, token, who, outcome, job_id=job_id, ended_at=min(began + some(dice) * 60, ended_at),
                    incarnation=f"{dice.choice(('run', 'next run'))} of {who}",
                    error=dice.choice(REASONS) if outcome == "failed" else None, queue_wait=wait, fetch=some(dice),
                    decode=some(dice), convert=some(dice), encode=some(dice), store=some(dice), busy=some(dice),
                    stages={"pitch": some(dice), "synthesis": some(dice)}, peak_memory_mb=some(dice),
                    audio_seconds=some(dice), capability=dice.choice(("cpu", "cuda")),
                )
            )  # fmt: skip
    return leases, attempts


class Past:
    """Jobs that ended long ago, with all that was done for them."""

    def __init__(self, desk: DeskModel, seed: int) -> None:
        dice = random.Random(seed)
        self.desk = desk
        with desk.writing() as turn:
            self.batch, _ = make_batch(turn, "takes")
        self.jobs = [self._job(dice, n) for n in range(5)]
        self.open = desk.job(atoms=2, batch_id=self.batch)
        keep(desk, worker("one", started_at=0.0, last_seen=9 * HOUR), worker("two", started_at=0.0, last_seen=6 * HOUR))
        keep(desk, worker("two", incarnation="next run of two", started_at=7 * HOUR, last_seen=9 * HOUR))
        for job in (*self.jobs, self.open):
            leases, attempts = tried(dice, job, 10 * HOUR)
            keep(desk, *leases, *attempts)

    def _job(self, dice: random.Random, number: int) -> int:
        return self.desk.job(
            atoms=6, state=dice.choice(("finished", "failed", "cancelled")), atoms_waiting=0, atoms_done=6,
            voice=dice.choice(("bright", "deep")), batch_id=self.batch, started_at=5 * HOUR, converted_at=8 * HOUR,
            ended_at=10 * HOUR + number, swept=True,
        )  # fmt: skip

    def told(self) -> str:
        """All that is told of these jobs and their time."""
        database = self.desk.database
        reports: list[Any] = [report_job(read_job(database, job, LATER), LATER) for job in (*self.jobs, self.open)]
        periods = [Span(since, LATER) for since in (0.0, 8 * HOUR)]
        reports += [report_period(read_period(database, period), period) for period in periods]
        reports.append(report_period(*read_batch(database, self.batch, LATER)))
        reports += [summarise(load_job(database, job), [], LATER) for job in self.jobs]
        reports += read_workers(database, LATER, 10.0, past=True)
        return json.dumps([report.to_json() for report in reports], sort_keys=True, indent=1)

    def roll_up(self) -> None:
        RollingUp(self.desk.database, LATER, clock=lambda: LATER).run()


def keep(desk: DeskModel, *records: Record) -> None:
    with desk.database.writing() as connection, Session(connection) as session:
        session.add_all(records)
        session.commit()


def rows(desk: DeskModel, jobs: Sequence[int]) -> list[int]:
    """How many attempts, leases and atoms jobs have."""
    with desk.database.reading() as connection:
        return [
            connection.execute(select(func.count()).where(record.job_id.in_(jobs))).scalar_one()
            for record in (AttemptRecord, LeaseRecord, AtomRecord)
        ]


@pytest.mark.parametrize("seed", range(3))
def test_reports_say_the_same_before_and_after(desk: DeskModel, seed: int) -> None:
    past = Past(desk, seed)
    before, kept = past.told(), rows(desk, [past.open])
    past.roll_up()
    assert past.told() == before
    assert rows(desk, past.jobs) == [0, 0, 0]
    assert rows(desk, [past.open]) == kept
    past.roll_up()
    assert past.told() == before


@contextmanager
def killed_at(desk: DeskModel, place: int) -> Iterator[list[str]]:
    """Within this block, the connection is lost at a statement: those before it are listed."""
    executed: list[str] = []

    def cut(_: Any, __: Any, statement: str, *___: Any) -> None:
        executed.append(statement)
        if len(executed) == place:
            raise ConnectionAbortedError

    event.listen(desk.database.engine, "before_cursor_execute", cut)
    try:
        yield executed
    except ConnectionAbortedError:
        pass
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", cut)


def test_it_may_be_killed_anywhere_and_told_is_always_the_same(
    desk: DeskModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling_up, "ROWS_AT_ONCE", 2)
    past = Past(desk, 7)
    before = past.told()
    for place in count(1):
        with killed_at(desk, place) as executed:
            past.roll_up()
        assert past.told() == before, executed
        if len(executed) < place:
            break
    assert rows(desk, past.jobs) == [0, 0, 0]


def test_a_job_of_very_many_pieces_goes_a_portion_at_a_time(desk: DeskModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling_up, "ROWS_AT_ONCE", 7)
    job = desk.job(atoms=30, state="finished", ended_at=desk.now, swept=True)
    keep(desk, lease("a", 0, 29, job_id=job), *(attempt(n, "a", "one", job_id=job) for n in range(30)))
    seen = []

    class Watched(RollingUp):
        def _next(self) -> Any:
            seen.append(rows(desk, [job]))
            return super()._next()

    Watched(desk.database, LATER, clock=lambda: LATER).run()
    assert seen == [[30, 1, 30], [23, 0, 23], [16, 0, 16], [9, 0, 9], [2, 0, 2], [0, 0, 0]]


def test_a_late_report_is_not_lost_between_adding_up_and_removing(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="cancelled", ended_at=desk.now, swept=True)
    keep(desk, lease("a", 0, 0, job_id=job), attempt(0, "a", "one", job_id=job))

    class Overtaken(RollingUp):
        def _read(self, job_ids: Sequence[int]) -> Any:
            pieces = super()._read(job_ids)
            keep(desk, attempt(0, "a", "one", "late", job_id=job))
            return pieces

    Overtaken(desk.database, LATER, clock=lambda: LATER).run()
    assert rows(desk, [job]) == [2, 1, 1]
    RollingUp(desk.database, LATER, clock=lambda: LATER).run()
    assert rows(desk, [job]) == [0, 0, 0]
    (work,) = report_job(read_job(desk.database, job, LATER), LATER).workers
    assert (work.done, work.late) == (1, 1)


def test_a_report_of_a_job_that_is_rolled_up_changes_nothing_and_its_worker_is_told(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    with desk.writing() as turn:
        cancel_job(turn, job)
    with desk.database.writing() as connection:
        connection.execute(update(JobRecord).values(swept=True))
    RollingUp(desk.database, LATER, clock=lambda: LATER).run()
    before = desk.row(job)
    assert [drop.token for drop in desk.report(order, "done").drops] == [order.token]
    assert desk.row(job) == before
    assert rows(desk, [job]) == [0, 0, 0]


def test_counters_stay_and_agree_with_the_totals(desk: DeskModel) -> None:
    job = desk.job(atoms=9)
    desk.beat()
    while orders := desk.feed():
        for order in orders:
            ends = ["done" if atom.number % 3 else "cached" for atom in order.atoms]
            desk.report(order, *ends)
    with desk.database.writing() as connection:
        connection.execute(update(JobRecord).values(state="finished", ended_at=desk.now, swept=True))
    before = desk.row(job)
    RollingUp(desk.database, LATER, clock=lambda: LATER).run()
    after = desk.row(job)
    assert [getattr(after, name) for name in COUNTERS] == [getattr(before, name) for name in COUNTERS]
    with desk.database.reading() as connection:
        good = select(func.sum(AttemptTotalRecord.attempts)).where(AttemptTotalRecord.outcome.in_(GOOD))
        assert connection.execute(good).scalar_one() == after.atoms_done == after.atoms == 9


def sweep(desk: DeskModel, folder: Path, keep_days: float, days_later: float) -> None:
    later = desk.now + days_later * DAY
    Sweeping(desk.database, FolderStore(folder), keep_days=keep_days, clock=lambda: later).run()


def test_rows_are_kept_for_the_set_days_and_for_ever_where_there_are_none(desk: DeskModel, tmp_path: Path) -> None:
    job = desk.job(atoms=2, state="finished", ended_at=desk.now)
    for keep_days, days_later, left in ((0.0, 1e6, 2), (7.0, 6.9, 2), (7.0, 7.1, 0)):
        sweep(desk, tmp_path, keep_days, days_later)
        assert rows(desk, [job]) == [0, 0, left]


def test_what_needs_the_pieces_says_in_a_sentence_that_they_are_gone(desk: DeskModel, tmp_path: Path) -> None:
    job = desk.job(atoms=2, state="failed", ended_at=desk.now, result_key="results/1.wav")
    sweep(desk, tmp_path, 7.0, 8.0)
    pytest.importorskip("librosa")
    pytest.importorskip("matplotlib")
    with pytest.raises(InputError, match=rf"^the pieces of job {job} are no longer kept, so it cannot be drawn; "):
        draw_picture(read_job(desk.database, job, LATER), FolderStore(tmp_path), tmp_path / "job.png")
    with desk.writing() as turn, pytest.raises(InputError, match="no longer kept; submit it again"):
        retry_job(turn, job)


def test_the_farms_examination_takes_jobs_that_are_rolled_up_for_what_they_are(desk: DeskModel, tmp_path: Path) -> None:
    desk.job(atoms=2, state="finished", ended_at=desk.now)
    desk.job(atoms=2)
    sweep(desk, tmp_path, 7.0, 8.0)
    settings = replace(Settings(), database_url=desk.database.url, state=str(tmp_path))
    assert look_at_farm(settings).text == "no worker is there, 1 job is open"


def test_a_job_that_was_retried_at_the_last_moment_is_left_alone(desk: DeskModel, tmp_path: Path) -> None:
    job = desk.job(atoms=2, state="failed", ended_at=desk.now, split_at=desk.now)

    class Overtaken(Sweeping):
        def _shared(self, jobs: Sequence[JobRecord]) -> set[int]:
            shared = super()._shared(jobs)
            with desk.writing() as turn:
                retry_job(turn, job)
            return shared

    later = desk.now + 8 * DAY
    Overtaken(desk.database, FolderStore(tmp_path), keep_days=7.0, clock=lambda: later).run()
    assert not load_job(desk.database, job).swept
    assert rows(desk, [job]) == [0, 0, 2]
