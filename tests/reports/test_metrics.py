"""The farm in numbers for Prometheus, as the records have them."""

import re
import subprocess
import sys
from collections.abc import Mapping
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from dispatcher.reports.metrics import Metric, exposition, read_metrics
from storage.records.database import Database
from storage.records.schema import SpeedRecord
from tests.reports.conftest import Keep
from tests.reports.rows import attempt, job, worker

NOW = 5_000.0


def numbers(database: Database, name: str) -> Mapping[tuple[str, ...], float]:
    """A metric's values by those of its labels."""
    (metric,) = [metric for metric in read_metrics(database, NOW) if metric.name == name]
    return {tuple(labels.values()): value for labels, value in metric.samples}


def test_a_worker_that_fell_silent_is_told_of_and_one_that_said_goodbye_is_not(database: Database, keep: Keep) -> None:
    keep(
        worker("here", last_seen=NOW - 1.0), worker("killed", state="lost", last_seen=NOW - 90.0),
        worker("ended", state="gone", last_seen=NOW - 80.0),
        worker("again", incarnation="1", state="lost", last_seen=NOW - 70.0),
        worker("again", incarnation="2", last_seen=NOW),
        worker("ended later", incarnation="3", state="lost", last_seen=NOW - 70.0),
        worker("ended later", incarnation="4", state="gone", last_seen=NOW - 60.0),
    )  # fmt: skip
    silent = numbers(database, "voicefarm_worker_silent_seconds")
    assert silent == {
        ("again", "cpu", "cpu.old"): 0.0, ("here", "cpu", "cpu.old"): 1.0, ("killed", "cpu", "cpu.old"): 90.0,
    }  # fmt: skip


def test_throughput_is_in_seconds_of_audio_by_worker_and_engine(database: Database, keep: Keep) -> None:
    keep(job())
    keep(
        attempt(0, "a", "one", ended_at=NOW - 10.0, audio_seconds=60.0),
        attempt(1, "a", "one", ended_at=NOW - 100.0, audio_seconds=60.0),
        attempt(2, "b", "two", ended_at=NOW - 119.0, audio_seconds=30.0, capability="mlx", engine="rvc"),
        attempt(3, "b", "two", ended_at=NOW - 121.0), attempt(4, "b", "two", "cached", ended_at=NOW - 1.0),
        attempt(5, "b", "two", "failed", ended_at=NOW - 1.0),
    )  # fmt: skip
    assert numbers(database, "voicefarm_throughput") == {("one", "cpu", "world"): 1.0, ("two", "mlx", "rvc"): 0.25}
    counted = numbers(database, "voicefarm_recent_attempts")
    assert (counted["done",], counted["cached",], counted["failed",], counted["late",]) == (4.0, 1.0, 1.0, 0.0)


def test_open_jobs_and_what_they_wait_for(database: Database, keep: Keep) -> None:
    keep(
        job(), job(state="converting", seconds=100.0, seconds_done=40.0, ended_at=None),
        job(state="submitted", seconds=30.0, ended_at=None), job(state="failed", ended_at=NOW - 60.0),
        job(state="failed", ended_at=NOW - 4_000.0),
    )  # fmt: skip
    assert numbers(database, "voicefarm_open_jobs") == {
        ("submitted",): 1.0, ("splitting",): 0.0, ("converting",): 1.0, ("stitching",): 0.0,
    }  # fmt: skip
    assert numbers(database, "voicefarm_waiting_audio_seconds") == {(): 90.0}
    assert numbers(database, "voicefarm_recent_failed_jobs") == {(): 1.0}


def test_speeds_are_those_that_the_farm_has_learned(database: Database, keep: Keep) -> None:
    keep(SpeedRecord(queue="convert.cpu.old+studio-a", engine="world", audio=142.0, busy=10.0, updated_at=0.0))
    ((labels, speed),) = numbers(database, "voicefarm_class_speed").items()
    assert labels == ("cpu.old", "convert.cpu.old+studio-a", "world")
    assert speed == pytest.approx(14.2)


def test_an_empty_farm_has_numbers_too(database: Database) -> None:
    assert numbers(database, "voicefarm_waiting_audio_seconds") == {(): 0.0}
    assert numbers(database, "voicefarm_throughput") == {}


def test_names_of_workers_break_no_line() -> None:
    metric = Metric("voicefarm_x", "Help.", [({"worker": 'a "b" \\ c\nd'}, 1.5), ({}, 2.0)])
    assert exposition([metric]) == (
        "# HELP voicefarm_x Help.\n# TYPE voicefarm_x gauge\n"
        'voicefarm_x{worker="a \\"b\\" \\\\ c\\nd"} 1.5\nvoicefarm_x 2\n'
    )


def test_prometheus_finds_them_at_an_address(database: Database, keep: Keep) -> None:
    keep(job(state="converting", seconds=100.0, seconds_done=40.0, ended_at=None))
    command = [sys.executable, "-m", "dispatcher.cli.main", "metrics", "--serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address is not None
            with urlopen(address[0], timeout=30) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert "voicefarm_waiting_audio_seconds 60\n" in answer.read().decode()
            with pytest.raises(HTTPError, match="404") as refused:
                urlopen(address[0].replace("/metrics", "/"), timeout=30)
            refused.value.close()
        finally:
            server.terminate()
        assert server.wait(30) == 0
