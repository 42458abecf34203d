"""Sending what follows from a turn."""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping

from celery import Celery

from dispatcher.turns.turn import Drop, Followups
from workers.wire.routes import SPLIT_QUEUE, SWEEP_TASK
from workers.wire.sending import drop_leases, send, step_of

#: Seconds after which a worker that still holds a lease is told again to drop it: the message may have been lost.
TELL_AGAIN = 15.0
#: Drops that are remembered, so that each is sent once.
MOST_TOLD = 10_000


class Messenger:
    """Puts messages on queues, and remembers which drops it has sent."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.told: OrderedDict[Drop, float] = OrderedDict()

    def send(self, followups: Followups) -> None:
        """Send all messages, or raise BrokerUnavailable."""
        for lease in followups.leases:
            order = lease.order
            send(self.app, lease.queue, lease.queue, order.to_json(), priority=step_of(lease.priority),
                 about=order.token)  # fmt: skip
        for stage, job_id in followups.stages:
            send(self.app, stage.task, stage.queue, job_id, about=stage.about(job_id))
        if followups.sweep:
            send(self.app, SWEEP_TASK, SPLIT_QUEUE)
        if followups.drops:
            drop_leases(self.app, by_workers(self._untold(followups.drops)))

    def _untold(self, drops: Iterable[Drop]) -> list[Drop]:
        """Those not sent a moment ago: a worker names a lease until the atom in hand is done."""
        now = time.monotonic()
        fresh = [drop for drop in drops if now - self.told.get(drop, float("-inf")) > TELL_AGAIN]
        for drop in fresh:
            self.told[drop] = now
            self.told.move_to_end(drop)
        while len(self.told) > MOST_TOLD:
            self.told.popitem(last=False)
        return fresh


def by_workers(drops: Iterable[Drop]) -> Mapping[tuple[str, ...], list[str]]:
    """The tokens that each group of workers is to drop."""
    tokens: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for drop in drops:
        if drop.workers:
            tokens[drop.workers].append(drop.token)
    return tokens
