"""The desk: takes in messages, decides each in one SQL transaction, and sends what follows."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock

from celery import Celery
from sqlalchemy import select

from dispatcher.desk.bundle_report import take_bundle_report
from dispatcher.desk.heartbeat import take_heartbeat
from dispatcher.desk.lookout import BrokerLook, Lookout
from dispatcher.desk.measuring import take_measured
from dispatcher.desk.report import take_report
from dispatcher.desk.tick import count_rubbish, over_of, tick, waiting_queues
from dispatcher.feed.leasing import feed
from dispatcher.turns.messenger import Messenger
from dispatcher.turns.taking import Turns
from storage.errors import BadMessage, DatabaseUnavailable
from storage.records.database import Database
from storage.records.schema import WorkerKeyRecord
from storage.settings import Settings
from workers.wire.messages import BundleReport, Heartbeat, LeaseReport, MeasuringReport
from workers.wire.routes import CHECK_TASK, HEARTBEAT_TASK, MEASURED_TASK, NOTIFY_TASK, REPORT_TASK
from workers.wire.rubbish import rubbish
from workers.wire.signing import HEARTBEAT_COUNTS, Signature, Trust, signer_of

logger = logging.getLogger("voicefarm.desk")

#: Seconds between tries to write a report down while the database is away.
DATABASE_PAUSES = (0.5, 1.0, 2.0, *[5.0] * 24)
#: Seconds between two searches for messages that killed processes had in hand.
TIDY = 30.0
#: Workers whose serial numbers are remembered; twice as many as a farm has (MOST_WORKERS in heartbeat.py).
MOST_COUNTED = 2_000
#: Seconds for which worker keys are cached.
KEYS_KEPT = 2.0


class Serials:
    """The last heartbeat heard from each worker, by its serial number: one that was recorded and is replayed, or
    arrives after a newer one, is ignored.
    """

    def __init__(self) -> None:
        self.last: OrderedDict[str, int] = OrderedDict()

    def is_new(self, incarnation: str, serial: int) -> bool:
        """Whether to listen; a worker that does not number its heartbeats is always heard."""
        if serial == 0:
            return True
        if serial <= self.last.get(incarnation, 0):
            return False
        self.last[incarnation] = serial
        self.last.move_to_end(incarnation)
        while len(self.last) > MOST_COUNTED:
            self.last.popitem(last=False)
        return True


class Desk:
    """Every public method handles one message, or one second."""

    def __init__(
        self, app: Celery, database: Database, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self.clock = clock
        self.turns = Turns(database, settings, Messenger(lambda: app), feed=self.feed, clock=clock)
        self.feeding = Lock()
        self.hungry = False
        self.heard = Serials()
        self.lookout = Lookout()
        self.look = BrokerLook(app)
        self.keys: Mapping[str, str] = {}
        self.keys_read_at = self.tidied_at = float("-inf")

    def heartbeat(self, *arguments: object) -> None:
        """A worker's heartbeat."""
        try:
            signature = self._signature(HEARTBEAT_TASK, arguments)
            beat = Heartbeat.from_json(arguments[0])
            if signature and abs(self.clock() - signature.at) > HEARTBEAT_COUNTS:
                raise BadMessage(f"a heartbeat of {beat.name} was signed too long ago")  # noqa: TRY301 - counted below
            if self.heard.is_new(beat.incarnation, beat.serial):
                with self.turns.writing() as turn:
                    take_heartbeat(turn, beat, self._trust(signature))
        except BadMessage as error:
            rubbish.drop("heartbeat", error)

    def report(self, *arguments: object) -> None:
        """A worker's report of a lease; it is held while the database is away."""
        try:
            self._patiently(lambda: self._take_report(arguments))
        except BadMessage as error:
            rubbish.drop("report", error)

    def measured(self, *arguments: object) -> None:
        """What a worker measured of itself; it is held while the database is away."""
        try:
            self._patiently(lambda: self._take_measured(arguments))
        except BadMessage as error:
            rubbish.drop("measurement", error)

    def tick(self) -> None:
        """The work of every second."""
        with self.database.reading() as connection:
            queues = waiting_queues(connection)
        self.lookout.see(self.look.waiting(queues))
        dropped = sum(rubbish.take().values())
        with self.turns.deciding() as turn:
            count_rubbish(turn.connection, dropped)
            tick(turn, self.lookout)
        if time.monotonic() - self.tidied_at > TIDY:
            self.tidied_at = time.monotonic()
            self.look.forget(self._no_longer_wanted)

    def _no_longer_wanted(self, abouts: frozenset[str]) -> frozenset[str]:
        """Ended leases, requests for a studio's errands, and messages about nothing, heartbeats and requests to feed;
        they come again anyway.
        """
        with self.database.reading() as connection:
            return over_of(connection, abouts) | {"", NOTIFY_TASK, CHECK_TASK}

    def feed(self, *_: object) -> None:
        """Top up the queues; calls that come during one are combined into a single one after it."""
        self.hungry = True
        while self.hungry and self.feeding.acquire(blocking=False):
            try:
                self.hungry = False
                with self.turns.deciding() as turn:
                    feed(turn)
            finally:
                self.feeding.release()

    def _patiently(self, take: Callable[[], None]) -> None:
        for pause in DATABASE_PAUSES:
            try:
                return take()
            except DatabaseUnavailable as error:
                logger.warning("a report waits: %s", error)
                time.sleep(pause)
        return take()

    def _take_report(self, arguments: tuple[object, ...]) -> None:
        signature = self._signature(REPORT_TASK, arguments)
        trust = self._trust(signature)
        if BundleReport.is_one(arguments[0]):
            news = BundleReport.from_json(arguments[0])
            with self.turns.writing() as turn:
                take_bundle_report(turn, news, trust)
            return
        report = LeaseReport.from_json(arguments[0])
        with self.turns.writing() as turn:
            take_report(turn, report, trust)

    def _take_measured(self, arguments: tuple[object, ...]) -> None:
        signature = self._signature(MEASURED_TASK, arguments)
        report = MeasuringReport.from_json(arguments[0])
        with self.turns.writing() as turn:
            take_measured(turn, report, self._trust(signature))

    def _trust(self, signature: Signature | None) -> Trust:
        return Trust(signature.key if signature else None, has_keys=bool(self.keys))

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
