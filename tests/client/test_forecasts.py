"""A forecast says what would be done and how long it takes on this farm, and changes nothing."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import soundfile
from sqlalchemy import func, insert, select

from dispatcher.client import Farm, Request
from dispatcher.reports.forecast import Forecast
from dispatcher.wishes.targets import Existing
from storage.records.schema import AtomRecord, BatchRecord, JobRecord, SpeedRecord, WorkerRecord
from storage.settings import Settings
from testing.sounds import tone
from workers.engines.catalog import engine
from workers.wire.routes import engine_tag

RATE = 16_000
COUNT = 5
THROUGH = Request("through")
TAG = engine_tag("through", engine("through").version)


@pytest.fixture
def standing(build_settings: Callable[..., Settings], migrated_sqlite_url: str) -> Farm:
    """A farm with a broker of its own, at which nobody is asked here."""
    return Farm(build_settings(broker_url="redis://127.0.0.1:1/0", database_url=migrated_sqlite_url))


@pytest.fixture
def untold(build_settings: Callable[..., Settings], migrated_sqlite_url: str) -> Farm:
    """The same records, without a broker to tell of what is handed in."""
    return Farm(build_settings(database_url=migrated_sqlite_url))


@pytest.fixture
def here(build_settings: Callable[..., Settings]) -> Farm:
    """A farm that runs only while it converts."""
    return Farm(build_settings(workers=2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    for number in range(COUNT):
        soundfile.write(folder / f"{number}.wav", tone(RATE + number, RATE), RATE)
    return folder


def add_machine(farm: Farm, name: str, speed: float | None, offers: tuple[str, ...] = (), **fields: Any) -> None:
    """A worker that is there, and how fast its class was measured to be."""
    now, queue = time.time(), f"convert.{name}"
    worker = {
        "incarnation": name, "name": name, "queue": queue, "capability": "cpu", "device": "old",
        "offers": [TAG, *offers], "engines": {}, "host": "here", "pid": 1, "state": "ready", "holding": [],
        "started_at": now, "last_seen": now, "most_leases": 128,
    }  # fmt: skip
    with farm.database.writing() as connection:
        connection.execute(insert(WorkerRecord).values({**worker, **fields}))
        if speed is not None:
            learnt = {"queue": queue, "engine": "through", "audio": 60 * speed, "busy": 60.0, "updated_at": now}
            connection.execute(insert(SpeedRecord).values(learnt))


def rows(farm: Farm) -> Mapping[str, int]:
    with farm.database.reading() as connection:
        return {
            table.__tablename__: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (JobRecord, BatchRecord, AtomRecord)
        }


def known_end(forecast: Forecast) -> float:
    assert forecast.end is not None, forecast.why_unknown
    return forecast.end


def test_it_says_when_a_farm_with_known_speeds_would_be_done(standing: Farm, folder: Path) -> None:
    add_machine(standing, "slow", 0.5)
    forecast = standing.forecast([folder], THROUGH)
    assert (forecast.recordings, forecast.up_to_date, forecast.refused) == (COUNT, 0, [])
    assert forecast.seconds == pytest.approx(COUNT, abs=0.01)
    assert 10.2 < known_end(forecast) < 12.0
    assert forecast.bottleneck == "converting"
    (slow,) = forecast.classes
    assert (slow.machine_class, slow.machines) == ("slow", 1)
    assert slow.speeds == pytest.approx({"through": 0.5})
    assert slow.busy == pytest.approx(10.0 / known_end(forecast), rel=0.01)
    assert slow.end_with_one_more is not None
    assert 6.0 < slow.end_with_one_more < 7.5


def test_machines_that_were_never_measured_are_named_and_not_counted(standing: Farm, folder: Path) -> None:
    add_machine(standing, "slow", 0.5)
    alone = known_end(standing.forecast([folder], THROUGH))
    add_machine(standing, "new", None)
    forecast = standing.forecast([folder], THROUGH)
    assert forecast.end == alone
    new = next(c for c in forecast.classes if c.machine_class == "new")
    assert (new.unmeasured, new.busy, new.end_with_one_more) == (("through",), 0.0, None)


def test_where_nothing_was_measured_no_figure_is_made_up(standing: Farm, folder: Path) -> None:
    assert standing.forecast([folder], THROUGH).why_unknown == "no worker is there"
    add_machine(standing, "new", None)
    forecast = standing.forecast([folder], THROUGH)
    assert forecast.end is None
    assert "not known until a first recording was converted" in forecast.why_unknown
    needs_more = standing.forecast([folder], Request("through", require=frozenset({"cuda"})))
    assert needs_more.why_unknown == "no worker offers cuda"


def test_what_waits_already_comes_first(standing: Farm, untold: Farm, folder: Path) -> None:
    add_machine(standing, "slow", 0.5)
    alone = known_end(standing.forecast([folder], THROUGH))
    list(untold.submit_all([folder], THROUGH, batch="before"))
    forecast = standing.forecast([folder], Request("through", priority=8))
    assert forecast.recordings_before == COUNT
    assert forecast.seconds_before == pytest.approx(COUNT, abs=0.01)
    assert known_end(forecast) > alone + 8.0
    urgent = standing.forecast([folder], Request("through", priority=0))
    assert known_end(urgent) == pytest.approx(alone, abs=1.0)


def test_a_farm_that_would_be_started_is_as_fast_as_it_was_last_time(here: Farm, folder: Path) -> None:
    forecast = here.forecast([folder], THROUGH, existing=Existing.KEEP_CURRENT)
    assert not forecast.is_up
    assert (forecast.end, forecast.classes) == (None, ())
    assert "how fast through is here is not known until a first recording was converted" in forecast.why_unknown
    add_machine(here, "this", 0.5, state="gone")
    forecast = here.forecast([folder], THROUGH, existing=Existing.KEEP_CURRENT)
    assert [(c.machine_class, c.machines) for c in forecast.classes] == [("this", 2)]
    assert 9.0 < known_end(forecast) < 11.0, "three seconds to start, and three recordings on one of the two"


def test_nothing_is_written(here: Farm, folder: Path, tmp_path: Path) -> None:
    add_machine(here, "this", 0.5)
    before = {path for path in tmp_path.rglob("*") if "sqlite" not in path.name}
    here.forecast([folder], THROUGH, tmp_path / "out", existing=Existing.KEEP_CURRENT, batch="dub")
    here.forecast([folder], THROUGH, batch="dub")
    assert set(rows(here).values()) == {0}
    assert {path for path in tmp_path.rglob("*") if "sqlite" not in path.name} == before


def test_what_would_be_refused_is_said_with_its_reason(standing: Farm, folder: Path, tmp_path: Path) -> None:
    (folder / "bad.wav").write_bytes(b"")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.wav").write_bytes(b"mine")
    forecast = standing.forecast([folder], THROUGH, tmp_path / "out", existing=Existing.KEEP_CURRENT)
    assert {one.source.name: str(one.error) for one in forecast.refused}.keys() == {"bad.wav", "1.wav"}
    kept = standing.forecast([folder], THROUGH, tmp_path / "out", existing=Existing.KEEP_ALL)
    assert (kept.up_to_date, len(kept.refused)) == (1, 1)
    assert [one.result for one in kept.to_results if one.is_there] == [tmp_path / "out" / "1.wav"]
    said = forecast.to_json()
    assert said["recordings"] == COUNT + 1
    assert {entry["source"] for entry in said["refused"]} == {str(folder / "bad.wav"), str(folder / "1.wav")}
    assert len(said["results"]) == COUNT - 1


def test_what_its_batch_has_already_is_not_counted(standing: Farm, untold: Farm, folder: Path) -> None:
    add_machine(standing, "slow", 0.5)
    list(untold.submit_all([folder], THROUGH, batch="dub"))
    soundfile.write(folder / "0.wav", tone(RATE // 2, RATE), RATE)
    forecast = standing.forecast([folder], THROUGH, batch="dub")
    assert (forecast.recordings, forecast.up_to_date) == (COUNT, COUNT - 1)
    assert forecast.seconds == pytest.approx(0.5)
    assert standing.forecast([folder], THROUGH, batch="other").up_to_date == 0
