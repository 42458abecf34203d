"""The desk: takes messages in, decides in one SQL transaction each, and sends what follows from it."""

import logging
import time
from collections.abc import Callable
from threading import Lock

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import Connection

from dispatcher.desk.effects import Effects
from dispatcher.desk.heartbeat import take_heartbeat
from dispatcher.desk.report import take_report
from dispatcher.desk.tick import tick
from dispatcher.feed.leasing import feed
from storage.errors import BrokerUnavailable
from storage.records.database import Database
from storage.settings import Settings
from workers.messages import Heartbeat, Json, LeaseReport
from workers.routes import DROP_COMMAND, SPLIT_QUEUE, SPLIT_TASK, STITCH_QUEUE, STITCH_TASK, SWEEP_TASK
from workers.sending import send

logger = logging.getLogger("voicefarm.desk")


class Desk:
    """Every method is one message's work."""

    def __init__(
        self, app: Celery, database: Database, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self.app = app
        self.database = database
        self.settings = settings
        self.clock = clock
        self.feeding = Lock()
        self.hungry = False

    def heartbeat(self, message: Json) -> None:
        """A worker is there."""
        beat = Heartbeat.from_json(message)
        with self.database.writing() as connection:
            effects = take_heartbeat(connection, beat, self.clock(), self.settings)
        self._perform(effects)

    def report(self, message: Json) -> None:
        """A worker has news of a lease."""
        report = LeaseReport.from_json(message)
        with self.database.writing() as connection:
            effects = take_report(connection, report, self.clock(), self.settings)
        self._perform(effects)

    def tick(self) -> None:
        """A second has passed."""
        self._decide(lambda connection: tick(connection, self.clock(), self.settings))

    def feed(self) -> None:
        """Top the queues up; calls that come while one is at work become a single one after it."""
        self.hungry = True
        while self.hungry and self.feeding.acquire(blocking=False):
            try:
                self.hungry = False
                self._decide(lambda connection: feed(connection, self.clock(), self.settings))
            finally:
                self.feeding.release()

    def _decide(self, decision: Callable[[Connection], Effects]) -> None:
        with self.database.deciding() as connection:
            effects = decision(connection)
        self._perform(effects)

    def _perform(self, effects: Effects) -> None:
        """Send what follows. A broker that is away makes nothing worse: the next ticks find the same again."""
        try:
            for queue, order in effects.leases:
                send(self.app, queue, queue, order.to_json())
            for job_id in effects.split:
                send(self.app, SPLIT_TASK, SPLIT_QUEUE, job_id)
            for job_id in effects.stitch:
                send(self.app, STITCH_TASK, STITCH_QUEUE, job_id)
            if effects.sweep:
                send(self.app, SWEEP_TASK, SPLIT_QUEUE)
            if effects.drop:
                drop_leases(self.app, effects.drop)
        except BrokerUnavailable as error:
            logger.warning("%s", error)
        if effects.feed:
            self.feed()


def drop_leases(app: Celery, tokens: list[str]) -> None:
    """Tell all workers to let these go; who has none of them does nothing."""
    try:
        app.control.broadcast(DROP_COMMAND, arguments={"tokens": tokens}, reply=False)
    except (OperationalError, OSError) as error:
        raise BrokerUnavailable(f"the broker does not take a command ({error}); check that Redis runs") from error
