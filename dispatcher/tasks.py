"""The dispatcher's Celery tasks: thin skins over the desk and the studio."""

from collections.abc import Callable

from celery import Celery

from dispatcher.desk.desk import Desk
from dispatcher.studio import Studio
from workers.routes import (
    FEED_TASK,
    HEARTBEAT_TASK,
    MEND_TASK,
    REPORT_TASK,
    SPLIT_TASK,
    STITCH_TASK,
    SWEEP_TASK,
    TICK_TASK,
)  # fmt: skip
from workers.rubbish import rubbish


def register_desk(app: Celery, desk: Desk) -> None:
    """The short messages. Heartbeats and ticks stay out of Flower, where they would bury everything else."""
    app.task(desk.heartbeat, name=HEARTBEAT_TASK, shared=False, send_events=False)
    app.task(desk.tick, name=TICK_TASK, shared=False, send_events=False)
    app.task(desk.feed, name=FEED_TASK, shared=False, send_events=False)
    app.task(desk.report, name=REPORT_TASK, shared=False)


def register_studio(app: Celery, studio: Studio) -> None:
    """The long work on whole recordings. What fails for want of a server is asked for again by a tick."""
    app.task(_of_a_job(lambda: studio.splitting.run), name=SPLIT_TASK, shared=False)
    app.task(_of_a_job(lambda: studio.mending.run), name=MEND_TASK, shared=False)
    app.task(_of_a_job(lambda: studio.stitching.run), name=STITCH_TASK, shared=False)
    app.task(_sweep(studio), name=SWEEP_TASK, shared=False)


def _sweep(studio: Studio) -> Callable[..., None]:
    def run(*_: object) -> None:
        studio.sweeping.run()

    return run


def _of_a_job(work: Callable[[], Callable[[int], None]]) -> Callable[..., None]:
    """A task for one job; what does the work is made in the process that does it."""

    def run(*arguments: object) -> None:
        match arguments:
            case (int() as job,) if not isinstance(job, bool) and 0 < job < 2**63:
                work()(job)
            case _:
                rubbish.drop("request for a job that is none", arguments)

    return run
