"""The desk: takes messages in, decides in one SQL transaction each, and sends what follows from it."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock

from celery import Celery
from sqlalchemy import Connection, select

from dispatcher.desk.effects import Effects
from dispatcher.desk.heartbeat import take_heartbeat
from dispatcher.desk.lookout import BrokerLook, Lookout
from dispatcher.desk.report import take_report
from dispatcher.desk.tick import count_rubbish, over_of, tick, waiting_queues
from dispatcher.feed.leasing import feed
from dispatcher.jobs.ending import Drop, by_workers
from storage.errors import BadMessage, BrokerUnavailable, DatabaseUnavailable
from storage.records.database import Database
from storage.records.schema import WorkerKeyRecord
from storage.settings import Settings
from workers.messages import Heartbeat, LeaseReport
from workers.routes import (
    HEARTBEAT_TASK,
    MEND_TASK,
    REPORT_TASK,
    SPLIT_QUEUE,
    SPLIT_TASK,
    STITCH_QUEUE,
    STITCH_TASK,
    SWEEP_TASK,
    about_stage,
)  # fmt: skip
from workers.rubbish import rubbish
from workers.sending import drop_leases, send, step_of
from workers.signing import HEARTBEAT_COUNTS, Signature, signer_of

logger = logging.getLogger("voicefarm.desk")

#: Seconds after which a worker that goes on holding a lease is told once more to let it go: the word may be lost.
TELL_AGAIN = 15.0
#: Drops that are kept in mind, so that each is told once.
MOST_TOLD = 10_000
#: Seconds between tries to write a report down while the database is away.
DATABASE_PAUSES = (0.5, 1.0, 2.0, *[5.0] * 24)
#: Seconds between two looks for messages that killed processes had in hand.
TIDY = 30.0
#: Seconds for which worker keys are kept before they are read again.
KEYS_KEPT = 2.0


class Desk:
    """Every public method is the work of one message, or of one second."""

    def __init__(
        self, app: Celery, database: Database, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self.app = app
        self.database = database
        self.settings = settings
        self.clock = clock
        self.feeding = Lock()
        self.hungry = False
        self.lookout = Lookout()
        self.look = BrokerLook(app)
        self.told: OrderedDict[tuple[str, tuple[str, ...]], float] = OrderedDict()
        self.keys: Mapping[str, str] = {}
        self.keys_read_at = self.tidied_at = float("-inf")

    def heartbeat(self, *arguments: object) -> None:
        """A worker is there."""
        try:
            signature = self._signature(HEARTBEAT_TASK, arguments)
            beat = Heartbeat.from_json(arguments[0])
            if signature and abs(self.clock() - signature.at) > HEARTBEAT_COUNTS:
                raise BadMessage(f"a heartbeat of {beat.name} was signed too long ago")  # noqa: TRY301 - counted below
            with self.database.writing() as connection:
                key = signature.key if signature else None
                effects = take_heartbeat(connection, beat, self.clock(), self.settings, key, has_keys=bool(self.keys))
        except BadMessage as error:
            rubbish.drop("heartbeat", error)
            return
        self._perform(effects)

    def report(self, *arguments: object) -> None:
        """A worker has news of a lease; they are kept in hand while the database is away."""
        try:
            effects = self._patiently(lambda: self._take_report(arguments))
        except BadMessage as error:
            rubbish.drop("report", error)
            return
        self._perform(effects)

    def tick(self) -> None:
        """A second has passed."""
        with self.database.reading() as connection:
            queues = waiting_queues(connection)
        self.lookout.see(self.look.waiting(queues))
        dropped = sum(rubbish.take().values())

        def decide(connection: Connection) -> Effects:
            count_rubbish(connection, dropped)
            return tick(connection, self.clock(), self.settings, self.lookout)

        self._decide(decide)
        if time.monotonic() - self.tidied_at > TIDY:
            self.tidied_at = time.monotonic()
            self.look.forget(self._no_longer_wanted)

    def _no_longer_wanted(self, abouts: frozenset[str]) -> frozenset[str]:
        """Ended leases, and what is about nothing: heartbeats and wishes to feed, which come anew anyway."""
        with self.database.reading() as connection:
            return over_of(connection, abouts) | {""}

    def feed(self, *_: object) -> None:
        """Top the queues up; calls that come while one is at work become a single one after it."""
        self.hungry = True
        while self.hungry and self.feeding.acquire(blocking=False):
            try:
                self.hungry = False
                self._decide(lambda connection: feed(connection, self.clock(), self.settings))
            finally:
                self.feeding.release()

    def _patiently(self, take: Callable[[], Effects]) -> Effects:
        for pause in DATABASE_PAUSES:
            try:
                return take()
            except DatabaseUnavailable as error:
                logger.warning("a report waits: %s", error)
                time.sleep(pause)
        return take()

    def _take_report(self, arguments: tuple[object, ...]) -> Effects:
        signature = self._signature(REPORT_TASK, arguments)
        report = LeaseReport.from_json(arguments[0])
        with self.database.writing() as connection:
            key = signature.key if signature else None
            return take_report(connection, report, self.clock(), self.settings, key, has_keys=bool(self.keys))

    def _signature(self, task: str, arguments: tuple[object, ...]) -> Signature | None:
        """Who signed a message; BadMessage where somebody had to and nobody did."""
        if len(arguments) != 1:
            raise BadMessage(f"a message has {len(arguments)} arguments instead of one")
        if time.monotonic() - self.keys_read_at > KEYS_KEPT:
            with self.database.reading() as connection:
                rows = connection.execute(select(WorkerKeyRecord.name, WorkerKeyRecord.secret))
                self.keys = {row.name: row.secret for row in rows}
            self.keys_read_at = time.monotonic()
        signature = signer_of(arguments[0], task, self.keys) if self.keys else None
        if self.keys and signature is None:
            raise BadMessage(
                "a message is not signed, though this farm has worker keys; set VOICEFARM_WORKER_KEY there"
            )
        return signature

    def _decide(self, decision: Callable[[Connection], Effects]) -> None:
        with self.database.deciding() as connection:
            effects = decision(connection)
        self._perform(effects)

    def _perform(self, effects: Effects) -> None:
        """Send what follows. A broker that is away makes nothing worse: the next ticks find the same again."""
        try:
            for lease in effects.leases:
                order = lease.order
                send(self.app, lease.queue, lease.queue, order.to_json(), priority=step_of(lease.priority),
                     about=order.token)  # fmt: skip
            for task, queue, jobs in (
                (SPLIT_TASK, SPLIT_QUEUE, effects.split),
                (MEND_TASK, SPLIT_QUEUE, effects.mend),
                (STITCH_TASK, STITCH_QUEUE, effects.stitch),
            ):
                for job_id in jobs:
                    send(self.app, task, queue, job_id, about=about_stage(task, job_id))
            if effects.sweep:
                send(self.app, SWEEP_TASK, SPLIT_QUEUE)
            drop_leases(self.app, by_workers(self._untold(effects.drop)))
        except BrokerUnavailable as error:
            logger.warning("%s", error)
        if effects.feed:
            self.feed()

    def _untold(self, drops: list[Drop]) -> list[Drop]:
        """Those that were not told a moment ago: a worker speaks of a lease until the atom in hand is done."""
        now = time.monotonic()
        fresh = [d for d in drops if now - self.told.get((d.token, d.workers), float("-inf")) > TELL_AGAIN]
        for drop in fresh:
            self.told[drop.token, drop.workers] = now
            self.told.move_to_end((drop.token, drop.workers))
        while len(self.told) > MOST_TOLD:
            self.told.popitem(last=False)
        return fresh
