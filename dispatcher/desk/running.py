"""Starting a desk: a process that handles short messages and ticks."""

import gc
import logging
from threading import Event, Thread

from celery import Celery, signals

from dispatcher.desk.desk import Desk
from storage.errors import VoicefarmError
from storage.records.database import Database
from storage.settings import Settings
from workers.wire.celery_app import build_app
from workers.wire.routes import (
    DESK_QUEUE,
    FEED_TASK,
    HEARTBEAT_QUEUE,
    HEARTBEAT_TASK,
    MEASURED_TASK,
    REPORT_QUEUE,
    REPORT_TASK,
)
from workers.wire.serving import serve_queues

logger = logging.getLogger("voicefarm.dispatcher")

#: Seconds between ticks.
TICK = 1.0

#: The desk's messages are short; two threads keep one going while the other waits for SQL.
THREADS = 2


def register_desk(app: Celery, desk: Desk) -> None:
    """The short messages. Heartbeats stay out of Flower, where they would bury everything else."""
    app.task(desk.heartbeat, name=HEARTBEAT_TASK, shared=False, send_events=False)
    app.task(desk.feed, name=FEED_TASK, shared=False, send_events=False)
    app.task(desk.report, name=REPORT_TASK, shared=False)
    app.task(desk.measured, name=MEASURED_TASK, shared=False)


def run_desk(settings: Settings) -> int:
    """Serve the desk's queues until told to stop."""
    app = build_app(settings)
    database = Database(settings.resolved_database_url)
    database.require_revision()
    desk = Desk(app, database, settings)
    register_desk(app, desk)
    over = Event()
    ticking = Thread(target=_tick, args=(desk, over), name="tick", daemon=True)

    def settle(**_: object) -> None:
        spare_collections()
        ticking.start()

    signals.worker_ready.connect(settle, weak=False)
    queues = [DESK_QUEUE, REPORT_QUEUE, HEARTBEAT_QUEUE]
    try:
        return serve_queues(app, settings, "desk", queues, pool="threads", concurrency=THREADS)
    finally:
        over.set()
        signals.worker_ready.disconnect(settle)


def spare_collections() -> None:
    """Exclude all that a started process consists of from garbage collection: scanning it takes longer than
    most decisions of the desk.
    """
    gc.collect()
    gc.freeze()


def _tick(desk: Desk, over: Event) -> None:
    """Tick once a second, in a thread: messages would wait behind all others and need a broker."""
    while not over.wait(TICK):
        try:
            desk.tick()
        except VoicefarmError as error:
            logger.warning("%s", error)
        except Exception:
            # The next tick may succeed, and without ticks nothing that was lost would ever be found.
            logger.exception("a tick failed")
