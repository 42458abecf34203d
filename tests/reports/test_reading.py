import pytest

from dispatcher.reports.farm import Held, read_workers
from dispatcher.reports.job import report_job
from dispatcher.reports.period import EndedJobs, report_period
from dispatcher.reports.reading import read_job, read_period
from dispatcher.reports.work import Span
from storage.errors import UnknownJob
from storage.records.database import Database
from storage.records.schema import SpeedRecord
from tests.reports.conftest import Keep
from tests.reports.rows import attempt, job, lease, worker


def test_a_job_is_read_with_the_workers_that_could_do_it(database: Database, keep: Keep) -> None:
    keep(job(), job(name="other.wav"))
    keep(
        lease("a", 0, 1),
        lease("z", 0, 1, job_id=2),
        attempt(0, "a", "one", stages={"pitch": 0.5}),
        attempt(1, "a", "stranger"),
        attempt(0, "z", "one", job_id=2),
        worker("one"),
        worker("idle"),
        worker("of another kind", offers=["cpu", "rvc"]),
        worker("too late", started_at=1012.5),
        worker("too early", last_seen=1001.0),
    )
    rows = read_job(database, 1, 5000.0)
    assert [a.number for a in rows.attempts] == [0, 1]
    assert [x.token for x in rows.leases] == ["a"]
    assert sorted(life.worker for life in rows.lives) == ["idle", "one"]
    report = report_job(rows, 5000.0)
    assert [(w.name, w.done, w.utilisation) for w in report.workers] == [
        ("idle", 0, 0.0), ("one", 1, 0.2), ("stranger", 1, None),
    ]  # fmt: skip


def test_an_unknown_job_is_refused(database: Database) -> None:
    with pytest.raises(UnknownJob, match="no job 7"):
        read_job(database, 7, 0.0)


def test_a_period_is_added_up(database: Database, keep: Keep) -> None:
    keep(
        job(channels="each", seconds=240.0),
        job(voice="deep", state="failed", ended_at=1100.0),
        job(state="cancelled", ended_at=900.0),
    )
    keep(
        attempt(0, "a", "one", ended_at=999.0),
        attempt(1, "a", "one", ended_at=1000.0, busy=2.0),
        attempt(2, "a", "one", ended_at=1001.0, busy=3.0, peak_memory_mb=80.0),
        attempt(0, "b", "two", "failed", job_id=2, capability="cuda", ended_at=1001.0, busy=4.0),
        worker("one"),
        worker("two", capability="cuda", started_at=1010.0, last_seen=1200.0),
        worker("gone", last_seen=995.0),
    )
    period = Span(1000.0, 1110.0)
    report = report_period(read_period(database, period), period)
    assert (report.finished, report.failed, report.cancelled) == (EndedJobs(1, 120.0), EndedJobs(1, 120.0), EndedJobs())
    assert [(w.name, w.done, w.failed, w.busy_seconds, w.present_seconds) for w in report.workers] == [
        ("one", 2, 0, 5.0, 20.0), ("two", 0, 1, 4.0, 100.0),
    ]  # fmt: skip
    assert [(w.name, w.utilisation) for w in report.capabilities] == [("cpu", 0.25), ("cuda", 0.04)]
    assert [(w.name, w.realtime_factor) for w in report.voices] == [("bright (world)", 8.0), ("deep (world)", None)]
    assert (report.total.busy_seconds, report.total.present_seconds, report.total.peak_memory_mb) == (9.0, 120.0, 80.0)


def test_an_empty_period_has_nothing_in_it(database: Database) -> None:
    report = report_period(read_period(database, Span(0.0, 10.0)), Span(0.0, 10.0))
    assert (report.workers, report.total.done, report.total.utilisation) == ((), 0, None)


def test_workers_are_read_with_what_they_hold_and_the_speed_of_their_class(database: Database, keep: Keep) -> None:
    keep(job())
    keep(
        lease("a", 3, 8, state="running", ended_at=None),
        worker("two", last_seen=2000.0),
        worker("one", last_seen=1995.0, holding=["a", "unheard of"], engines={"world": "1", "through": "1"}),
        worker("gone", last_seen=1999.0, state="gone"),
        worker("silent", last_seen=1900.0),
        SpeedRecord(queue="convert.cpu.old", engine="world", audio=142.0, busy=10.0, updated_at=0.0),
    )
    one, two = read_workers(database, 2000.0, 10.0, past=False)
    assert (one.name, one.silent_seconds, one.state, one.holding) == ("one", 5.0, "busy", (Held("a", 1, 3, 8),))
    assert [(e.name, e.realtime_factor) for e in one.engines] == [("through", None), ("world", 14.2)]
    assert two.name == "two"
    everybody = read_workers(database, 2000.0, 10.0, past=True)
    assert [(w.name, w.state) for w in everybody] == [
        ("two", "busy"), ("gone", "gone"), ("one", "busy"), ("silent", "gone"),
    ]  # fmt: skip
