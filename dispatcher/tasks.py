"""The dispatcher's Celery tasks: thin skins over the desk, the split and the stitch."""

from typing import Any

from celery import Celery

from dispatcher.desk.desk import Desk
from dispatcher.desk.sweeping import Sweeping
from dispatcher.split.splitting import Splitting
from dispatcher.stitch.stitching import Stitching
from storage.errors import ServiceError
from workers.routes import FEED_TASK, HEARTBEAT_TASK, REPORT_TASK, SPLIT_TASK, STITCH_TASK, SWEEP_TASK, TICK_TASK

#: Seconds between tries of a message while the database or the object store is away, and how often.
RETRY: dict[str, Any] = {"autoretry_for": (ServiceError,), "retry_kwargs": {"countdown": 2, "max_retries": 30}}


def register_desk(app: Celery, desk: Desk) -> None:
    """The short messages. Heartbeats and ticks stay out of Flower, where they would bury everything else."""
    app.task(desk.heartbeat, name=HEARTBEAT_TASK, shared=False, send_events=False)
    app.task(desk.tick, name=TICK_TASK, shared=False, send_events=False)
    app.task(desk.feed, name=FEED_TASK, shared=False, send_events=False)
    app.task(desk.report, name=REPORT_TASK, shared=False, **RETRY)


def register_studio(app: Celery, splitting: Splitting, stitching: Stitching, sweeping: Sweeping) -> None:
    """The long work on whole recordings."""
    app.task(splitting.run, name=SPLIT_TASK, shared=False, **RETRY)
    app.task(stitching.run, name=STITCH_TASK, shared=False, **RETRY)
    app.task(sweeping.run, name=SWEEP_TASK, shared=False)
