"""Drops of unwanted leases are remembered and obeyed, but never answered."""

from collections.abc import Iterator
from threading import Event

import pytest

from tests.wire.test_messages import BEAT
from workers.wire.messages import Json
from workers.worker.presence import MOST_DROPPED, Presence


class Heard:
    """The heartbeats that a worker sent."""

    def __init__(self) -> None:
        self.beats: list[Json] = []
        self.came = Event()

    def __call__(self, message: Json) -> None:
        self.beats.append(message)
        self.came.set()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def presence(heard: Heard) -> Iterator[Presence]:
    """A presence that beats only when there is news."""
    presence = Presence(BEAT, heard, every=3_600.0)
    presence.start()
    assert heard.came.wait(5.0)
    heard.came.clear()
    yield presence
    presence.say_goodbye()


def test_taking_a_lease_is_reported_at_once(presence: Presence, heard: Heard) -> None:
    presence.take("one")
    assert heard.came.wait(5.0)
    assert heard.beats[-1]["holding"] == ("one",)


def test_a_drop_stops_the_lease_and_causes_no_heartbeat(presence: Presence, heard: Heard) -> None:
    presence.take("one")
    assert heard.came.wait(5.0)
    before = len(heard.beats)
    for _ in range(1_000):
        presence.drop(["one", "unheard of"])
    assert presence.must_stop("one")
    presence.take("two")
    heard.came.clear()
    assert heard.came.wait(5.0) or len(heard.beats) > before
    assert len(heard.beats) <= before + 1


def test_a_drop_that_comes_before_its_lease_is_remembered(presence: Presence) -> None:
    presence.drop(["early"])
    presence.release("early")
    assert presence.was_dropped("early")
    assert not presence.was_dropped("other")


def test_only_a_bounded_number_of_drops_is_kept(presence: Presence) -> None:
    presence.drop(str(number) for number in range(MOST_DROPPED + 10))
    assert not presence.was_dropped("9")
    assert presence.was_dropped("10")
    assert len(presence.hands.dropped) == MOST_DROPPED
