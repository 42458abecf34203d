"""The dispatcher's Celery tasks: thin skins over the desk, the split and the stitch."""

from celery import Celery

from dispatcher.desk.desk import Desk
from dispatcher.split.splitting import Splitting
from dispatcher.stitch.stitching import Stitching
from storage.errors import ServiceError
from workers.messages import Json
from workers.routes import FEED_TASK, HEARTBEAT_TASK, REPORT_TASK, SPLIT_TASK, STITCH_TASK, TICK_TASK

#: Seconds between tries of a message while the database or the object store is away, and how often.
RETRY = {"autoretry_for": (ServiceError,), "retry_kwargs": {"countdown": 2, "max_retries": 30}}


def register_desk(app: Celery, desk: Desk) -> None:
    """The short messages. Heartbeats and ticks stay out of Flower, where they would bury everything else."""

    @app.task(name=HEARTBEAT_TASK, send_events=False, shared=False)
    def heartbeat(message: Json) -> None:
        desk.heartbeat(message)

    @app.task(name=TICK_TASK, send_events=False, shared=False)
    def tick() -> None:
        desk.tick()

    @app.task(name=REPORT_TASK, shared=False, **RETRY)
    def report(message: Json) -> None:
        desk.report(message)

    @app.task(name=FEED_TASK, shared=False, send_events=False)
    def feed() -> None:
        desk.feed()


def register_studio(app: Celery, splitting: Splitting, stitching: Stitching) -> None:
    """The long work on whole recordings."""

    @app.task(name=SPLIT_TASK, shared=False, **RETRY)
    def split(job_id: int) -> None:
        splitting.run(job_id)

    @app.task(name=STITCH_TASK, shared=False, **RETRY)
    def stitch(job_id: int) -> None:
        stitching.run(job_id)
