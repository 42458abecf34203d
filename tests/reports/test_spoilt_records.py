"""Odd values in the records break neither listings nor reports nor plans."""

import json
import math
import time
from typing import Any

import pytest

from dispatcher.feed.plan import plan
from dispatcher.feed.snapshot import read_classes, read_jobs
from dispatcher.feed.views import Rules
from dispatcher.jobs.tags import known_tags
from storage.records.database import Database
from storage.records.schema import SpeedRecord
from storage.settings import Settings
from tests.reports.conftest import Keep, Run
from tests.reports.rows import attempt, job, lease, worker

ODD: list[Any] = [[{"a": 1}], {"a": [1]}, "text", 5, [None, ["nested"]], {"world": {"deep": 1}}]


@pytest.fixture
def spoilt(database: Database, keep: Keep) -> Database:
    now = time.time()
    keep(job(state="converting", ended_at=None, atoms_waiting=3, seconds_waiting=60.0, peak=1e30))
    keep(
        worker("sound", last_seen=now),
        *(
            worker(f"odd{n}", last_seen=now, offers=odd, engines=odd, holding=odd, queue=f"convert.cpu.odd{n}")
            for n, odd in enumerate(ODD)
        ),
        *(
            SpeedRecord(queue=f"convert.cpu.odd{n}", engine="world", audio=audio, busy=busy, updated_at=now)
            for n, (audio, busy) in enumerate([(math.inf, 1.0), (1.0, math.inf), (1e300, 1e-300), (-1.0, 1.0)])
        ),
        lease("a", 0, 2),
        *(attempt(n, "a", "sound", stages=odd, ended_at=now) for n, odd in enumerate(ODD)),
        attempt(9, "a", "sound", stages={"pitch": math.nan, "content": -1.0, "load": 2.0}, ended_at=now),
    )
    return database


def test_listings_and_reports_are_still_made(spoilt: Database, run: Run) -> None:
    for words in (
        ("workers",),
        ("workers", "--all"),
        ("jobs",),
        ("report", 1),
        ("report", "--since", "1h"),
        ("show", 1),
    ):
        for form in ((), ("--json",)):
            result = run(*words, *form)
            assert result.exit_code == 0, (words, form, result.output, result.exception)
            if form:
                json.loads(result.stdout)


def test_tags_are_still_known(spoilt: Database) -> None:
    assert {"cpu", "studio-a"} <= known_tags(spoilt, Settings())


def test_a_plan_is_still_made(spoilt: Database) -> None:
    with spoilt.reading() as connection:
        classes = read_classes(connection, time.time())
        grants, _ = plan(classes, read_jobs(connection), Rules())
    assert [grant.queue for grant in grants] == ["convert.cpu.old"]
    assert all(math.isfinite(speed) for c in classes for speed in c.speeds.values())
