"""A worker measures itself in a process of its own, which may be ended at any moment."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from dispatcher.benchmarks.documents import measurement_in
from storage.errors import BrokerUnavailable
from storage.settings import Settings
from tests.wire.test_messages import BEAT, travelled
from workers.engines.capability import detect
from workers.wire.messages import Json, MeasuringOrder, MeasuringReport
from workers.wire.rubbish import rubbish
from workers.worker.presence import Presence
from workers.worker.self_measuring import SelfMeasuring

ORDER = MeasuringOrder("m" * 32, is_short=True, suites=("storage",))


class Bench:
    """A worker's measuring, whose reports are kept."""

    def __init__(self, settings: Settings) -> None:
        self.reports: list[Json] = []
        self.refusals = 0
        self.states: list[str] = []
        self.presence = Presence(BEAT, lambda beat: self.states.append(str(beat["state"])), every=3_600.0)
        self.presence.start()
        self.give_up = Event()
        self.measuring = SelfMeasuring(settings, detect((), "cpu"), self.presence, "a" * 32, self.send, self.give_up)

    def send(self, message: Json) -> None:
        if self.refusals:
            self.refusals -= 1
            raise BrokerUnavailable("the broker does not answer; check it")
        self.reports.append(message)

    def asked(self, order: MeasuringOrder) -> MeasuringReport:
        self.measuring.work(travelled(order.to_json()))
        return MeasuringReport.from_json(travelled(self.reports.pop()))


@pytest.fixture
def bench(build_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(build_settings(objects_url=(tmp_path / "objects").as_uri()))
    rubbish.take()
    yield bench
    bench.presence.say_goodbye()


def test_the_figures_come_back_as_a_document_that_names_the_worker(bench: Bench) -> None:
    bench.refusals = 1
    report = bench.asked(ORDER)
    assert (report.token, report.error) == (ORDER.token, "")
    found = measurement_in(report.found or {}, "it")
    assert {one.suite for one in found.figures} == {"storage"}
    assert found.facts.worker == BEAT.name
    assert found.is_short
    assert found.remarks == ("only storage were asked for",)
    assert "measuring" in bench.states
    assert not bench.presence.hands.measuring
    assert not bench.presence.hands.holding


def test_a_worker_that_is_told_to_drop_it_stops_at_once(bench: Bench) -> None:
    everything = replace(ORDER, suites=("world",), is_short=False)
    working = Thread(target=bench.measuring.work, args=(travelled(everything.to_json()),))
    working.start()
    with bench.presence.changed:
        assert bench.presence.changed.wait_for(lambda: bench.presence.hands.measuring, 30.0)
    bench.presence.drop([ORDER.token])
    working.join(60.0)
    assert not working.is_alive()
    (report,) = (MeasuringReport.from_json(travelled(one)) for one in bench.reports)
    assert report.error == "the worker was stopped, or nobody wanted the figures any more"


def test_a_dropped_order_that_comes_late_is_skipped(bench: Bench) -> None:
    bench.presence.drop([ORDER.token])
    bench.measuring.work(travelled(ORDER.to_json()))
    assert bench.reports == []


def test_a_process_that_dies_is_told_and_so_is_what_it_could_not_do(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.worker.self_measuring.measure_apart", _die)
    assert "the process that measured died" in bench.asked(ORDER).error
    monkeypatch.setattr("workers.worker.self_measuring.measure_apart", _fail)
    assert bench.asked(ORDER).error == "nothing is here; look elsewhere"


def _die(*_: object) -> None:
    import os

    os.abort()


def _fail(_: object, __: object, ___: object, answer: object) -> None:
    answer.send("nothing is here; look elsewhere")  # type: ignore[attr-defined]


@pytest.mark.parametrize("message", [None, {}, {"token": "x", "kind": "conversion"}, {"token": "x", "kind": 7}])
def test_what_is_no_such_order_is_set_aside(bench: Bench, message: object) -> None:
    bench.measuring.work(message)
    assert bench.reports == []
    assert sum(rubbish.take().values()) == 1
