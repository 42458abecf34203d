"""A worker hands back orders it does not understand, so that no lease gets stuck with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.objects.opening import open_store
from storage.settings import Settings
from testing.services.redis import RedisServer
from tests.wire.test_messages import ORDER, travelled
from workers.engines.capability import Capability, Device
from workers.wire.celery_app import build_app, named_queue
from workers.wire.messages import VERSION, Bundle, BundleReport, LeaseReport
from workers.wire.routes import REPORT_QUEUE
from workers.wire.rubbish import rubbish
from workers.worker.node import Node, NodeName

#: Seconds within which a report is sent.
SOON = 20.0


@pytest.fixture
def node(redis_server: RedisServer, build_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Node]:
    settings = build_settings(broker_url=redis_server.url, objects_url=(tmp_path / "objects").as_uri())
    name = NodeName("cpu.test", 1, "here")
    node = Node(
        build_app(settings),
        settings,
        Capability(Device("cpu", "test", "test"), frozenset(), {}),
        name,
        open_store(settings),
    )
    node.start()
    rubbish.take()  # what earlier tests in this process dropped
    yield node
    node.close()


def reported(node: Node) -> LeaseReport:
    with node.app.connection_for_read() as connection:
        arguments, *_ = connection.SimpleQueue(named_queue(REPORT_QUEUE), no_ack=True).get(timeout=SOON).payload
        return LeaseReport.from_json(arguments[0])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"readable_from": VERSION + 1, "version": VERSION + 1}, id="of a future version"),
        pytest.param({"kind": "training"}, id="of an unknown kind"),
        pytest.param({"atoms": "some"}, id="with senseless fields"),
    ],
)
def test_the_lease_of_an_unreadable_order_goes_back_without_blame(node: Node, change: dict[str, Any]) -> None:
    node.work({**travelled(ORDER.to_json()), **change})
    report = reported(node)
    assert (report.token, report.outcomes, report.is_over) == (ORDER.token, (), True)
    assert sum(rubbish.take().values()) == 1


def test_anything_but_an_order_is_set_aside(node: Node) -> None:
    node.work({"colour": "blue"})
    assert sum(rubbish.take().values()) == 1
    assert not node.outbox.taken


def test_a_bundle_is_worked_on_and_what_is_unreadable_in_it_goes_back_without_blame(node: Node) -> None:
    orders = [{**travelled(ORDER.to_json()), "token": f"b{n}"} for n in range(3)]
    orders[1]["kind"] = "training"
    node.presence.drop(["b2"])
    node.work(travelled(Bundle("bundle", tuple(orders)).to_json()))
    told: list[LeaseReport] = []
    with node.app.connection_for_read() as connection:
        queue = connection.SimpleQueue(named_queue(REPORT_QUEUE), no_ack=True)
        while len([report for report in told if report.is_over]) < 3:
            arguments, *_ = queue.get(timeout=SOON).payload
            told.extend(BundleReport.from_json(arguments[0]).reports)
    assert {outcome.outcome for report in told for outcome in report.outcomes if report.token == "b0"} == {"damaged"}
    assert [outcome for report in told for outcome in report.outcomes if report.token != "b0"] == []
    assert sum(rubbish.take().values()) == 1


def test_a_bundle_with_a_malformed_order_is_set_aside(node: Node) -> None:
    node.work({"token": "bundle", "orders": [{"colour": "blue"}]})
    assert sum(rubbish.take().values()) == 1
    assert not node.outbox.taken
