"""The desk's Celery tasks: thin wrappers around its methods."""

from celery import Celery

from dispatcher.desk.desk import Desk
from workers.wire.routes import FEED_TASK, HEARTBEAT_TASK, REPORT_TASK


def register_desk(app: Celery, desk: Desk) -> None:
    """The short messages. Heartbeats stay out of Flower, where they would bury everything else."""
    app.task(desk.heartbeat, name=HEARTBEAT_TASK, shared=False, send_events=False)
    app.task(desk.feed, name=FEED_TASK, shared=False, send_events=False)
    app.task(desk.report, name=REPORT_TASK, shared=False)
