"""Reports are gathered by the message that brought their leases, and kept until the broker has taken them."""

from collections.abc import Iterator
from threading import Event

import pytest

from dispatcher.local.processes import wait_until
from storage.errors import BrokerUnavailable
from workers.wire.messages import AtomOutcome, BundleReport, Json, LeaseReport
from workers.worker import outbox as room
from workers.worker.outbox import Outbox

#: Seconds in which anything is sent.
SOON = 20.0


class Broker:
    """Takes messages, unless it is away."""

    def __init__(self) -> None:
        self.taken: list[Json] = []
        self.delivered: list[str] = []
        self.is_away = Event()

    def send(self, message: Json) -> None:
        if self.is_away.is_set():
            raise BrokerUnavailable("away")
        self.taken.append(message)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    monkeypatch.setattr(room, "RETRY", 0.01)
    return Broker()


@pytest.fixture
def outbox(broker: Broker) -> Iterator[Outbox]:
    outbox = Outbox("w1", broker.send, broker.delivered.append)
    outbox.start()
    yield outbox
    broker.is_away.clear()
    assert outbox.drain(SOON)


def done(number: int = 0) -> AtomOutcome:
    return AtomOutcome(number, "done", 20.0)


def wait_for(broker: Broker, *names: str) -> None:
    assert wait_until(lambda: broker.delivered == list(names), SOON, every=0.01), broker.delivered


def test_a_lone_lease_is_reported_as_one(outbox: Outbox, broker: Broker) -> None:
    outbox.begin("t1", ["t1"])
    outbox.tell("t1", done(3))
    outbox.end("t1")
    wait_for(broker, "t1")
    reports = [LeaseReport.from_json(message) for message in broker.taken]
    assert [outcome.number for report in reports for outcome in report.outcomes] == [3]
    assert [report.is_over for report in reports] == [False] * (len(reports) - 1) + [True]


def test_leases_of_a_bundle_share_reports_and_each_ends_once(outbox: Outbox, broker: Broker) -> None:
    tokens = [f"b{number}" for number in range(5)]
    outbox.begin("bundle", tokens)
    for token in tokens:
        outbox.tell(token, done())
        outbox.end(token)
        outbox.end(token)
    wait_for(broker, "bundle")
    reports = [one for message in broker.taken for one in BundleReport.from_json(message).reports]
    assert sorted(report.token for report in reports if report.is_over) == tokens
    assert sorted(report.token for report in reports for _ in report.outcomes) == tokens
    assert len(broker.taken) < len(tokens)


def test_a_bundle_of_which_nothing_was_done_is_over_as_well(outbox: Outbox, broker: Broker) -> None:
    outbox.begin("bundle", ["b1", "b2"])
    outbox.end("b1")
    outbox.end("b2")
    wait_for(broker, "bundle")
    reports = [one for message in broker.taken for one in BundleReport.from_json(message).reports]
    told = {(report.token, report.outcomes, report.is_over) for report in reports}
    assert told == {("b1", (), True), ("b2", (), True)}


def test_what_the_broker_did_not_take_is_sent_once_it_is_back(outbox: Outbox, broker: Broker) -> None:
    broker.is_away.set()
    outbox.begin("bundle", ["b1", "b2"])
    outbox.tell("b1", done())
    outbox.end("b1")
    outbox.end("b2")
    assert not outbox.drain(0.1)
    broker.is_away.clear()
    wait_for(broker, "bundle")
