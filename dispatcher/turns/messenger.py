"""Sending what follows from a turn.

Celery is imported only for a message: most commands send none, and start in two thirds of the time.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dispatcher.kinds.kind import Stage
from dispatcher.turns.turn import Asked, Drop, Followups, Issued
from workers.wire.messages import Bundle
from workers.wire.routes import CHECK_TASK, NOTIFY_TASK, SPLIT_QUEUE, STITCH_QUEUE, SWEEP_TASK

if TYPE_CHECKING:
    from celery import Celery

#: Seconds after which a worker that still holds a lease is told again to drop it: the message may have been lost.
TELL_AGAIN = 15.0
#: Drops that are remembered, so that each is sent once.
MOST_TOLD = 10_000


class Messenger:
    """Puts messages on queues, and remembers which drops it has sent; the app is asked for at the first message."""

    def __init__(self, app: "Callable[[], Celery]") -> None:
        self.app = app
        self.told: OrderedDict[Drop, float] = OrderedDict()

    def send(self, followups: Followups) -> None:
        """Send all messages, or raise BrokerUnavailable."""
        if followups.is_silent:
            return
        from workers.wire.sending import drop_leases, send, step_of

        app = self.app()
        for name, leases in letters(followups.leases).items():
            message = leases[0].order.to_json()
            if leases[0].bundle is not None:
                message = Bundle(name, tuple(lease.order.to_json() for lease in leases)).to_json()
            queue, step = leases[0].queue, step_of(min(lease.priority for lease in leases))
            send(app, leases[0].task or queue, queue, message, priority=step, about=name, told=told(leases))
        for stage, job_ids in _requests(followups.stages):
            jobs = f"{'job' if len(job_ids) == 1 else 'jobs'} {', '.join(map(str, job_ids))}"
            send(app, stage.task, stage.queue, *job_ids, about=stage.about(*job_ids), told=jobs)
        _send_errands(app, followups)
        if followups.drops:
            drop_leases(app, by_workers(self._untold(followups.drops)))

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


def _send_errands(app: "Celery", followups: Followups) -> None:
    """What studios are asked for now and then."""
    from workers.wire.sending import STEPS, URGENT, send

    if followups.sweep:
        send(app, SWEEP_TASK, SPLIT_QUEUE)
    if followups.notify:
        send(app, NOTIFY_TASK, STITCH_QUEUE, priority=URGENT, about=NOTIFY_TASK)
    if followups.check:
        send(app, CHECK_TASK, STITCH_QUEUE, priority=STEPS[-1], about=CHECK_TASK, told="results to be judged")


def letters(leases: Iterable[Issued]) -> Mapping[str, list[Issued]]:
    """What goes into each message, by its name: a lease's token, or its bundle."""
    by_name: dict[str, list[Issued]] = defaultdict(list)
    for lease in leases:
        by_name[lease.bundle or lease.order.token].append(lease)
    return by_name


def told(leases: Sequence[Issued]) -> str:
    """What is in a message, for people: Flower shows it in place of arguments."""
    first, *others = leases
    if not others:
        return first.told
    # What matters comes first: there is little room for it.
    return f"{sum(lease.seconds for lease in leases):.0f} s of {len(leases)} recordings, first {first.told}"


def _requests(asked: Iterable[Asked]) -> Iterator[tuple[Stage, list[int]]]:
    """The jobs that each message asks a stage for."""
    together: dict[str, tuple[Stage, list[int]]] = {}
    for one in asked:
        stage, job_ids = one.stage, [one.job_id]
        if not one.alone:
            stage, job_ids = together.setdefault(stage.task, (stage, []))
            job_ids.append(one.job_id)
        if one.alone or len(job_ids) >= stage.most_together:
            yield stage, list(job_ids)
            job_ids.clear()
    yield from ((stage, job_ids) for stage, job_ids in together.values() if job_ids)


def by_workers(drops: Iterable[Drop]) -> Mapping[tuple[str, ...], list[str]]:
    """The tokens that each group of workers is to drop."""
    tokens: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for drop in drops:
        if drop.workers:
            tokens[drop.workers].append(drop.token)
    return tokens
