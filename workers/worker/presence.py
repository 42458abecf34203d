"""The worker's heartbeat: who it is and what it has in hand, every two seconds and whenever that changes."""

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

#: Dropped leases that are kept in mind: they may come out of the queue long after the word that nobody wants them.
MOST_DROPPED = 10_000


@dataclass(slots=True)
class Hands:
    """The leases that this worker holds, and those that it was told to let go."""

    holding: set[str] = field(default_factory=set)
    dropped: OrderedDict[str, None] = field(default_factory=OrderedDict)
    draining: bool = False
    gone: bool = False

    @property
    def state(self) -> WorkerState:
        """What they are doing."""
        if self.gone:
            return WorkerState.GONE
        if self.draining:
            return WorkerState.DRAINING
        return WorkerState.BUSY if self.holding else WorkerState.READY


class Presence:
    """A thread that sends heartbeats; a lost one is made up for by the next."""

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
        """Begin to beat."""
        self.thread.start()

    def take(self, token: str) -> None:
        """A lease was begun; say so at once."""
        self._change(lambda hands: hands.holding.add(token))

    def release(self, token: str) -> None:
        """A lease is over and reported."""
        self._change(lambda hands: hands.holding.discard(token))

    def drop(self, tokens: Iterable[str]) -> None:
        """The dispatcher no longer wants these, whether they are here already or come later.

        It is no news to the dispatcher, so no heartbeat follows from it.
        """
        with self.changed:
            for token in tokens:
                self.hands.dropped[token] = None
                self.hands.dropped.move_to_end(token)
            while len(self.hands.dropped) > MOST_DROPPED:
                self.hands.dropped.popitem(last=False)

    def was_dropped(self, token: str) -> bool:
        """Whether the dispatcher said so of a lease."""
        return token in self.hands.dropped

    def drain(self) -> None:
        """Finish the atom in hand, take nothing more."""
        self._change(lambda hands: setattr(hands, "draining", True))

    def must_stop(self, token: str) -> bool:
        """Whether work on a lease should end after the atom in hand."""
        return self.hands.draining or self.was_dropped(token)

    def say_goodbye(self) -> None:
        """Tell the dispatcher that this worker ends; called once all reports are out."""
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
        # The broker may be away; the next beat tells as much.
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
