"""What a bad transport does to messages: it delivers them twice, late, or in another order."""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from threading import Event, Thread

import redis

from testing.chaos.messages import Messages, Taken

#: Messages caught by one fault.
MOST = 12
#: Seconds to wait for the next message before checking whether the fault is over.
GRASP = 0.2


class Catcher:
    """Takes messages out of the queues for a while, as fast as it can, and does something with each catch."""

    def __init__(self, messages: Messages, done: Callable[[Messages, list[Taken]], None], at_once: int) -> None:
        self.messages = messages
        self.done = done
        self.at_once = at_once
        self.caught: list[Taken] = []
        self.over = Event()
        self.thread = Thread(target=self._run, name="catcher", daemon=True)

    def start(self) -> Callable[[], None]:
        """Begin; returns what ends it and puts everything back."""
        self.thread.start()
        return self.stop

    def stop(self) -> None:
        """Put back all that was caught."""
        self.over.set()
        self.thread.join()
        self._let_go()
        self.messages.close()

    def _run(self) -> None:
        # Only a few in all: a catcher that sends everything twice would soon catch only its own copies.
        left = MOST
        while left and not self.over.is_set():
            try:
                taken = self.messages.take(self.messages.queues(), GRASP)
            except redis.RedisError:
                # The broker may be having a fault of its own.
                self.over.wait(GRASP)
                continue
            if taken:
                left -= 1
                self.caught.append(taken)
            if len(self.caught) >= self.at_once:
                self._let_go()

    def _let_go(self) -> None:
        caught, self.caught = self.caught, []
        # If a message cannot be put back, the broker has lost all it had anyway.
        with suppress(redis.RedisError):
            self.done(self.messages, caught)


def duplicate(messages: Messages, chance: Random, seconds: float) -> Callable[[], None]:
    """Deliver caught messages twice, and those that somebody has in hand again."""
    with suppress(redis.RedisError):
        messages.copy_unacknowledged(chance, MOST)
        messages.copy_some(chance, MOST)
    return Catcher(messages, _twice, at_once=1).start()


def reorder(messages: Messages, chance: Random, seconds: float) -> Callable[[], None]:
    """Deliver caught messages in another order, a few at a time."""

    def shuffled(messages: Messages, caught: list[Taken]) -> None:
        chance.shuffle(caught)
        _once(messages, caught)

    return Catcher(messages, shuffled, at_once=4).start()


def delay(messages: Messages, chance: Random, seconds: float) -> Callable[[], None]:
    """Deliver caught messages only when the fault is over."""
    return Catcher(messages, _once, at_once=MOST + 1).start()


def _once(messages: Messages, caught: list[Taken]) -> None:
    for taken in caught:
        messages.put(taken)


def _twice(messages: Messages, caught: list[Taken]) -> None:
    for taken in caught * 2:
        messages.put(taken)
