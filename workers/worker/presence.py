"""The worker's heartbeat: who it is and which leases it holds, every two seconds and whenever that changes."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Condition, Thread

import psutil

from storage.errors import BrokerUnavailable
from storage.records.states import WorkerState
from workers.wire.messages import Heartbeat, Json

#: Dropped leases to remember: one may come out of the queue long after the word that nobody wants it.
MOST_DROPPED = 10_000


@dataclass(slots=True)
class Hands:
    """The leases that this worker holds, and those that it was told to drop."""

    holding: set[str] = field(default_factory=set)
    dropped: OrderedDict[str, None] = field(default_factory=OrderedDict)
    measuring: bool = False
    draining: bool = False
    gone: bool = False

    @property
    def state(self) -> WorkerState:
        """What the worker is doing."""
        if self.gone:
            return WorkerState.GONE
        if self.draining:
            return WorkerState.DRAINING
        if self.measuring:
            return WorkerState.MEASURING
        return WorkerState.BUSY if self.holding else WorkerState.READY


class Presence:
    """A thread that sends heartbeats; the next one makes up for one that was lost."""

    def __init__(self, who: Heartbeat, send: Callable[[Json], None], every: float) -> None:
        self.who = who
        self.send = send
        self.every = every
        self.hands = Hands()
        self.serials = count(1)
        self.changed = Condition()
        self.news = False
        self.thread = Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Begin to send heartbeats."""
        self.thread.start()

    def take(self, token: str) -> None:
        """Note that a lease was begun, and say so at once."""
        self._change(lambda hands: hands.holding.add(token))

    def release(self, token: str) -> None:
        """Note that a lease is over and reported."""
        self._change(lambda hands: hands.holding.discard(token))

    def begin_measuring(self, token: str) -> None:
        """Note that this worker measures itself, and say so at once, so that nobody hands it leases."""

        def change(hands: Hands) -> None:
            hands.measuring = True
            hands.holding.add(token)

        self._change(change)

    def end_measuring(self, token: str) -> None:
        """Note that it does so no longer."""

        def change(hands: Hands) -> None:
            hands.measuring = False
            hands.holding.discard(token)

        self._change(change)

    def drop(self, tokens: Iterable[str]) -> None:
        """Note leases that the dispatcher no longer wants, whether they are here already or arrive later.

        The dispatcher knows this already, so no heartbeat follows.
        """
        with self.changed:
            for token in tokens:
                self.hands.dropped[token] = None
                self.hands.dropped.move_to_end(token)
            while len(self.hands.dropped) > MOST_DROPPED:
                self.hands.dropped.popitem(last=False)

    def was_dropped(self, token: str) -> bool:
        """Whether the dispatcher no longer wants a lease."""
        return token in self.hands.dropped

    def drain(self) -> None:
        """Finish the atom in hand, then take nothing more."""
        self._change(lambda hands: setattr(hands, "draining", True))

    def must_stop(self, token: str) -> bool:
        """Whether work on a lease should end after the atom in hand."""
        return self.hands.draining or self.was_dropped(token)

    def say_goodbye(self) -> None:
        """Tell the dispatcher that this worker is ending; called once all reports are out."""
        self.hands.gone = True
        self._beat()

    def _change(self, change: Callable[[Hands], object]) -> None:
        with self.changed:
            change(self.hands)
            self.news = True
            self.changed.notify_all()

    def _run(self) -> None:
        while not self.hands.gone:
            self._beat()
            with self.changed:
                self.changed.wait_for(lambda: self.news or self.hands.gone, self.every)
                self.news = False

    def _beat(self) -> None:
        # The broker may be away; the next heartbeat says the same.
        with suppress(BrokerUnavailable):
            self.send(self._now().to_json())

    def _now(self) -> Heartbeat:
        hands = self.hands
        memory = psutil.Process().memory_info().rss / 2**20
        return replace(
            self.who,
            state=hands.state,
            holding=tuple(sorted(hands.holding)),
            memory_mb=memory,
            serial=next(self.serials),
        )
