"""Starting a dispatcher process: the desk for short messages, or the studio for whole recordings."""

import gc
import logging
from threading import Event, Thread

from celery import Celery, signals

from dispatcher.desk.desk import Desk
from dispatcher.tasks import register_desk
from storage.errors import VoicefarmError
from storage.records.database import Database
from storage.settings import Settings
from workers.app import named_queue
from workers.node import host_name
from workers.numbering import own_number
from workers.routes import DESK_QUEUE, HEARTBEAT_QUEUE, REPORT_QUEUE, SPLIT_QUEUE, STITCH_QUEUE

logger = logging.getLogger("voicefarm.dispatcher")

#: Seconds between ticks.
TICK = 1.0
#: The desk's messages are short; two threads keep one going while the other waits for SQL.
DESK_THREADS = 2
#: A long split must not hold up the stitch of a job that is ready. Processes and not threads: decoders and encoders are
#: written in C and read what strangers made, and where one of them crashes it must end one job's work and no other's.
STUDIO_PROCESSES = 2


def run_desk(settings: Settings) -> int:
    """Serve the desk's queue until told to stop."""
    from workers.app import app

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
    try:
        return _serve(app, "desk", [DESK_QUEUE, REPORT_QUEUE, HEARTBEAT_QUEUE], "threads", DESK_THREADS, settings)
    finally:
        over.set()
        signals.worker_ready.disconnect(settle)


def run_studio(settings: Settings) -> int:
    """Serve the queues of long work until told to stop."""
    from workers.app import app

    database = Database(settings.resolved_database_url)
    database.require_revision()
    database.close()
    # Here for who is forked, and by name for who is not.
    import dispatcher.studio_tasks  # noqa: F401

    app.conf.include = ("dispatcher.studio_tasks",)
    return _serve(app, "studio", [SPLIT_QUEUE, STITCH_QUEUE], "prefork", STUDIO_PROCESSES, settings)


def spare_collections() -> None:
    """Leave all that a started process is made of out of garbage collection: looking through it takes longer than
    most decisions of the desk.
    """
    gc.collect()
    gc.freeze()


def _serve(app: Celery, kind: str, queues: list[str], pool: str, size: int, settings: Settings) -> int:
    # A dispatcher hears every command that is meant for workers, and obeys none that could silence it.
    from workers.dropping import obey_questions_only

    obey_questions_only()
    app.conf.task_queues = [named_queue(queue) for queue in queues]
    app.conf.task_default_queue = queues[0]
    with own_number(settings.state_folder / "dispatchers", kind) as number:
        worker = app.Worker(
            hostname=f"{kind}-{number}@{host_name()}",
            queues=queues,
            pool_cls=pool,
            concurrency=size,
            loglevel=settings.log_level,
            task_events=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
        )
        worker.start()
        return int(worker.exitcode or 0)


def _tick(desk: Desk, over: Event) -> None:
    """Tick once a second; in a thread and not by messages, which would wait behind all others and need a broker."""
    while not over.wait(TICK):
        try:
            desk.tick()
        except VoicefarmError as error:
            logger.warning("%s", error)
        except Exception:
            # Whatever it was, the next may go well, and without ticks nothing that was lost would ever be found.
            logger.exception("a tick failed")
