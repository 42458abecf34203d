"""The desk sees which messages wait in a real broker, without taking any."""

from collections.abc import Iterator

import pytest
from redis import Redis

from dispatcher.desk import lookout
from dispatcher.desk.lookout import BrokerLook, Waiting
from storage.settings import Settings
from testing.services.redis import RedisServer
from workers.wire.celery_app import build_app
from workers.wire.routes import (
    HEARTBEAT_QUEUE,
    HEARTBEAT_TASK,
    REPORT_QUEUE,
    REPORT_TASK,
    SPLIT_QUEUE,
    SPLIT_TASK,
    about_stage,
)
from workers.wire.sending import URGENT, send

QUEUE = "convert.cpu.x"
PREFIX = "voicefarm:"


class Waiter:
    """A broker in which messages wait that nobody reads."""

    def __init__(self, server: RedisServer) -> None:
        self.app = build_app(Settings(broker_url=server.url))
        self.look = BrokerLook(self.app)
        self.redis = Redis.from_url(server.url)

    def order(self, token: str) -> None:
        send(self.app, QUEUE, QUEUE, {}, about=token)

    def report(self, token: str, size: int = 10) -> None:
        send(self.app, REPORT_TASK, REPORT_QUEUE, {"filling": "x" * size}, priority=URGENT, about=token)

    def seen(self) -> Waiting | None:
        return self.look.waiting([QUEUE])


@pytest.fixture
def waiter(redis_server: RedisServer) -> Iterator[Waiter]:
    yield Waiter(redis_server)
    redis_server.empty()


def test_waiting_orders_and_reports_are_seen_and_left_in_place(waiter: Waiter) -> None:
    waiter.order("a")
    waiter.report("b")
    for _ in range(2):
        assert waiter.seen() == Waiting(frozenset({"a", "b"}))


def test_a_request_for_a_stage_of_several_jobs_is_seen_for_each_of_them(waiter: Waiter) -> None:
    send(waiter.app, SPLIT_TASK, SPLIT_QUEUE, 7, 11, about=about_stage(SPLIT_TASK, [7, 11]))
    assert waiter.seen() == Waiting(frozenset({about_stage(SPLIT_TASK, [7]), about_stage(SPLIT_TASK, [11])}))


def test_an_empty_broker_holds_nothing(waiter: Waiter) -> None:
    assert waiter.seen() == Waiting(frozenset())


def test_reports_beyond_those_that_can_be_looked_at_are_not_taken_for_missing(
    waiter: Waiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "MOST_WAITING", 3)
    for number in range(5):
        waiter.report(f"r{number}")
    seen = waiter.seen()
    assert seen is not None
    assert not seen.is_all
    assert len(seen.abouts) == 4


def test_reports_large_enough_to_fill_the_memory_are_not_read(waiter: Waiter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "MOST_BYTES", 100_000)
    waiter.order("a")
    waiter.report("b", size=200_000)
    assert waiter.seen() == Waiting(frozenset({"a"}), is_all=False)


def test_behind_many_heartbeats_nothing_is_taken_for_missing(waiter: Waiter) -> None:
    waiter.order("a")
    for _ in range(lookout.MOST_UNREAD + 1):
        send(waiter.app, HEARTBEAT_TASK, HEARTBEAT_QUEUE, {}, priority=URGENT)
    assert waiter.seen() == Waiting(frozenset({"a"}), is_all=False)


def test_a_key_in_the_place_of_a_queue_is_moved_aside_and_the_queue_seen_again(waiter: Waiter) -> None:
    waiter.redis.set(f"{PREFIX}{REPORT_QUEUE}", "no queue")
    seen = waiter.seen()
    assert seen is not None
    assert not seen.is_all
    waiter.report("b")
    assert waiter.seen() == Waiting(frozenset({"b"}))


def test_a_broker_that_is_away_says_nothing() -> None:
    app = build_app(Settings(broker_url="redis://127.0.0.1:1/0"))
    assert BrokerLook(app).waiting([QUEUE]) is None
