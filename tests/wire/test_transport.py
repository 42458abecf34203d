"""Whatever is in the broker, a process that reads from it goes on and takes the next valid message."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from dispatcher.local.child import Child
from dispatcher.local.processes import wait_until
from storage.settings import Settings
from testing.services.redis import RedisServer
from workers.wire.celery_app import build_app
from workers.wire.sending import LONGEST_TOLD, send

QUEUE = "convert.cpu.test"
PREFIX = "voicefarm:"
#: Seconds within which a message must arrive, on two busy cores.
PATIENCE = 30.0


class Reader:
    """A process that reads one queue, shared by all tests: whatever one does to it, the next must find it alive."""

    def __init__(self, url: str, folder: Path) -> None:
        self.app = build_app(Settings(broker_url=url))
        self.file = folder / "taken"
        command = [sys.executable, "-m", "tests.wire.reader", url, QUEUE, str(self.file)]
        self.process = Child("reader", command, folder / "reader.log", os.environ)

    def taken(self) -> list[list[Any]]:
        """What it has received so far, each with the number of messages dropped before it."""
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def takes_another(self) -> bool:
        """Whether a message sent now arrives, and the process is still alive."""
        what = uuid4().hex
        send(self.app, QUEUE, QUEUE, what)
        return wait_until(lambda: any(what in entry for entry in self.taken()), PATIENCE) and self.process.is_alive

    def dropped(self) -> int:
        """How many messages it has dropped."""
        assert self.takes_another()
        return int(self.taken()[-1][0])


@pytest.fixture(scope="module")
def reader(session_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    session_redis.empty()
    reader = Reader(session_redis.url, tmp_path_factory.mktemp("reader"))
    reader.process.start()
    assert reader.takes_another(), reader.process.log.read_text()
    yield reader
    reader.process.stop()


@pytest.fixture
def client(session_redis: RedisServer) -> Iterator[Redis]:
    if not session_redis.is_alive:
        session_redis.start()
    with session_redis.client() as client:
        yield client
        client.config_set("maxmemory", "0")


def _push(*contents: str | bytes) -> Callable[[Redis], object]:
    return lambda client: client.lpush(f"{PREFIX}{QUEUE}", *contents)


def _broadcast(content: str) -> Callable[[Redis], object]:
    return lambda client: client.publish(f"{PREFIX}/0.celery.pidbox", content)


def _message(**changes: Any) -> str:
    message = {
        "body": "W1siYiJdLCB7fSwge31d", "content-encoding": "utf-8", "content-type": "application/json",
        "headers": {"task": QUEUE, "id": "x", "lang": "py"},
        "properties": {
            "delivery_info": {"exchange": "", "routing_key": QUEUE}, "delivery_tag": "t", "body_encoding": "base64",
            "priority": 0,
        },
    }  # fmt: skip
    return json.dumps({**message, **changes})


def _of_another_type(key: str) -> Callable[[Redis], object]:
    def replace(client: Redis) -> None:
        client.delete(key)
        client.set(key, "text")

    return replace


ATTACKS: dict[str, Callable[[Redis], object]] = {
    "a word": _push("x"),
    "many words": _push(*["x"] * 500),
    "bytes": _push(b"\xff\xfe\x00"),
    "an empty list": _push("[]"),
    "nothing but braces": _push("{}"),
    "deep nesting": _push("[" * 100_000),
    "five megabytes": _push("x" * 5_000_000),
    "no headers": _push(_message(headers=5)),
    "no properties": _push(_message(properties=None)),
    "headers without a task": _push(_message(headers={})),
    "odd time limits": _push(_message(headers={"task": QUEUE, "id": "x", "timelimit": 5})),
    "odd expiry": _push(_message(headers={"task": QUEUE, "id": "x", "expires": {"a": 1}})),
    "odd identity": _push(_message(headers={"task": QUEUE, "id": {"a": 1}})),
    "an unknown task": _push(_message(headers={"task": "rm", "id": "x"})),
    "a malformed body": _push(_message(body="%%%")),
    "a body of another kind": _push(_message(**{"content-type": "application/x-python-serialize"})),
    "a broadcast list": _broadcast("[]"),
    "a broadcast number": _broadcast("5"),
    "a broadcast without a command": _broadcast(_message(body="W10=")),
    "a queue that is text": _of_another_type(f"{PREFIX}{QUEUE}"),
    "notes that are text": _of_another_type(f"{PREFIX}unacked"),
    "an index that is text": _of_another_type(f"{PREFIX}unacked_index"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_rubbish_is_skipped_and_the_next_message_is_taken(
    reader: Reader, client: Redis, attack: Callable[[Redis], None]
) -> None:
    attack(client)
    assert reader.takes_another()


def test_rubbish_is_counted(reader: Reader, client: Redis) -> None:
    before = reader.dropped()
    client.lpush(f"{PREFIX}{QUEUE}", "x", "[]", "{}")
    assert reader.dropped() == before + 3


def test_messages_due_in_a_thousand_years_hold_nothing_up(reader: Reader, client: Redis) -> None:
    before = len(reader.taken())
    late = _message(headers={"task": QUEUE, "id": "x", "eta": "3000-01-01T00:00:00+00:00"})
    client.lpush(f"{PREFIX}{QUEUE}", *[late] * 500)
    assert reader.takes_another()
    assert len(reader.taken()) >= before + 500


def test_a_full_broker_ends_no_process(reader: Reader, client: Redis) -> None:
    client.rpush(f"{PREFIX}{QUEUE}", _message())
    client.config_set("maxmemory", "1")
    assert wait_until(lambda: client.llen(f"{PREFIX}{QUEUE}") == 0, PATIENCE)
    client.config_set("maxmemory", "0")
    assert reader.takes_another()


def test_a_malformed_unacknowledged_message_is_not_redelivered_forever(
    client: Redis, session_redis: RedisServer
) -> None:
    for number, poison in enumerate(["x", "[]", "[1, 2]", '[{"headers": 5}, 1, 2]', "{}"]):
        client.hset(f"{PREFIX}unacked", f"poison{number}", poison)
        client.zadd(f"{PREFIX}unacked_index", {f"poison{number}": 1.0})
    with build_app(Settings(broker_url=session_redis.url)).connection_for_read() as connection:
        connection.default_channel.qos.restore_visible(num=10, interval=1)
    assert not [tag for tag in client.hkeys(f"{PREFIX}unacked") if "poison" in str(tag)]


def test_dashboards_see_what_is_told_of_a_message_in_place_of_its_arguments(session_redis: RedisServer) -> None:
    session_redis.empty()
    app, queue = build_app(Settings(broker_url=session_redis.url)), "convert.cpu.nobody"
    send(app, queue, queue, {"atoms": list(range(100))}, told="4 s of talk.wav" + "." * 9_999)
    with session_redis.client() as client:
        found = [text for key in client.keys(f"{PREFIX}{queue}*") for text in client.lrange(key, 0, -1)]
    headers = json.loads(found[0])["headers"]
    assert headers["argsrepr"].startswith("4 s of talk.wav")
    assert len(headers["argsrepr"]) == LONGEST_TOLD
    assert headers["kwargsrepr"] == ""
