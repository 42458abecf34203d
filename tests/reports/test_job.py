import json

import pytest

from dispatcher.jobs.totals import add_up
from dispatcher.reports.job import JobRows, report_job
from dispatcher.reports.stages import stage_table
from dispatcher.reports.summary import summarise
from dispatcher.reports.work import Life, Span
from tests.reports.rows import attempt, job, lease


def test_a_finished_job_is_reported_in_full() -> None:
    attempts = [
        attempt(0, "a", "one", busy=2.0, peak_memory_mb=150.0),
        attempt(1, "a", "one", busy=3.0),
        attempt(2, "b", "two", busy=1.0, peak_memory_mb=300.0),
    ]
    lives = [Life("one", "cpu", Span(900.0, 1012.0)), Life("two", "cpu", Span(1007.0, 1100.0))]
    report = report_job(JobRows(job(), attempts, [lease("a", 0, 1), lease("b", 2, 2)], lives), 5000.0)
    assert report.job.makespan == 13.0
    assert report.job.realtime_factor == pytest.approx(120 / 13)
    assert [(w.name, w.realtime_factor, w.utilisation) for w in report.workers] == [
        ("one", 8.0, 0.5),
        ("two", 20.0, 0.2),
    ]
    assert [(w.name, w.done, w.present_seconds) for w in report.capabilities] == [("cpu", 3, 15.0)]
    # 60 s of audio at 8 + 20 / 2 = 18x.
    assert report.conversion is not None
    assert report.conversion.ideal_seconds == pytest.approx(60 / 18)
    assert report.conversion.over_ideal == pytest.approx(3.0)
    assert report.peak_memory_mb == 300.0
    assert json.loads(json.dumps(report.to_json()))["job"]["split_seconds"] == 1.5


def test_the_length_is_the_recordings_own_however_many_channels_are_converted() -> None:
    """Of three channels of two minutes, the two that hold sound are half done."""
    wanted = {"channels": "each", "source_channels": 3, "seconds": 240.0, "seconds_done": 120.0}
    report = report_job(JobRows(job(**wanted), [], [], []), 5000.0)
    assert report.job.audio_seconds == 120.0
    assert report.job.realtime_factor == pytest.approx(120 / 13)
    running = job(**wanted, state="converting", ended_at=None)
    running.id = 1
    summary = summarise(running, [], 1012.0)
    assert (summary.seconds, summary.done, summary.left) == (120.0, 0.5, "0:00:10")
    assert (summary.channels, summary.source_channels, summary.mix_back) == ("each", 3, False)


def test_a_running_job_is_reported_as_far_as_it_has_got() -> None:
    running = job(state="converting", converted_at=None, ended_at=None, stitch_took=0.0)
    report = report_job(JobRows(running, [], [], [Life("one", "cpu", Span(900.0, 1030.0))]), 1022.0)
    assert (report.job.makespan, report.job.realtime_factor) == (None, None)
    assert report.conversion is not None
    assert report.conversion.seconds == 20.0
    assert report.workers[0].present_seconds == 20.0


def test_a_job_that_no_worker_took_has_no_conversion() -> None:
    report = report_job(JobRows(job(state="failed", started_at=None, converted_at=None), [], [], []), 5000.0)
    assert (report.conversion, report.workers, report.job.realtime_factor) == (None, (), None)


def test_stages_have_shares_of_busy_time_and_a_leases_wait_counts_once() -> None:
    attempts = [
        attempt(0, "a", "one", queue_wait=5.0, fetch=0.5, convert=1.5, stages={"pitch": 0.5, "synthesis": 1.0}),
        attempt(1, "a", "one", queue_wait=5.0, fetch=0.5, convert=1.5, stages={"pitch": 0.5}),
        attempt(2, "b", "two", queue_wait=1.0, busy=4.0, store=2.0),
    ]
    table = {s.name: (s.seconds, s.share, s.part_of) for s in stage_table(add_up(attempts))}
    assert table == {
        "queue wait": (6.0, None, None),
        "fetch": (1.0, 0.125, None),
        "decode": (0.0, 0.0, None),
        "convert": (3.0, 0.375, None),
        "pitch": (1.0, 0.125, "convert"),
        "synthesis": (1.0, 0.125, "convert"),
        "encode": (0.0, 0.0, None),
        "store": (2.0, 0.25, None),
    }


def test_without_any_work_stages_have_no_shares() -> None:
    assert {s.share for s in stage_table([])} == {None}
