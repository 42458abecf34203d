"""The studio's Celery tasks, registered wherever this module is imported.

Its processes are forked on Linux and begin from nothing on a Mac, where they find their tasks by importing them.
"""

import logging
import os
from collections.abc import Callable, Sequence

from celery import current_app, shared_task, signals

from dispatcher.studio.studio import Studio
from storage.errors import BrokerUnavailable
from storage.settings import Settings
from workers.wire.parent import end_with
from workers.wire.routes import (
    CHECK_TASK,
    DESK_QUEUE,
    FEED_TASK,
    MEND_TASK,
    NOTIFY_TASK,
    SPLIT_TASK,
    STITCH_TASK,
    SWEEP_TASK,
)
from workers.wire.rubbish import rubbish
from workers.wire.sending import URGENT, send
from workers.wire.transport import use_for_redis

logger = logging.getLogger("voicefarm.dispatcher")

# A spawned process knows the farm's transport only through this.
use_for_redis()

#: Seconds after which a request to feed expires: the next tick feeds anyway.
FEED_EXPIRES = 5.0
#: Jobs in one message; the farm itself never asks for so many.
MOST_JOBS = 1_000


def ask_to_feed() -> None:
    """Tell a desk that there are new atoms to hand out."""
    try:
        send(current_app, FEED_TASK, DESK_QUEUE, priority=URGENT, expires=FEED_EXPIRES)
    except BrokerUnavailable as error:
        logger.warning("%s", error)


STUDIO = Studio(Settings.load(), current_app, feed=ask_to_feed)


def end_with_studio(**_: object) -> None:
    """Make a studio's child process end when the studio is gone."""
    end_with(os.getppid())


signals.worker_process_init.connect(end_with_studio, weak=False)


@shared_task(name=SPLIT_TASK, typing=False)  # type: ignore[untyped-decorator, unused-ignore]
def split(*arguments: object) -> None:
    """Cut a job's recording into atoms."""
    _work(STUDIO.splitting.run, arguments, STUDIO.short_splitting.run)


@shared_task(name=MEND_TASK, typing=False)  # type: ignore[untyped-decorator, unused-ignore]
def mend(*arguments: object) -> None:
    """Cut a job's damaged atoms again."""
    _work(STUDIO.mending.run, arguments)


@shared_task(name=STITCH_TASK, typing=False)  # type: ignore[untyped-decorator, unused-ignore]
def stitch(*arguments: object) -> None:
    """Join a job's atoms."""
    _work(STUDIO.stitching.run, arguments, STUDIO.stitching.run_together)


@shared_task(name=SWEEP_TASK, typing=False)  # type: ignore[untyped-decorator, unused-ignore]
def sweep(*_: object) -> None:
    """Remove what ended jobs have left."""
    STUDIO.sweeping.run()


@shared_task(name=NOTIFY_TASK, typing=False)  # type: ignore[untyped-decorator, unused-ignore]
def notify(*_: object) -> None:
    """Deliver the notices that are due."""
    STUDIO.notifying.run()


@shared_task(name=CHECK_TASK, typing=False)  # type: ignore[untyped-decorator, unused-ignore]
def check(*_: object) -> None:
    """Judge the results that are to be judged."""
    STUDIO.checking.run()


def _work(
    run: Callable[[int], None],
    arguments: tuple[object, ...],
    run_together: Callable[[Sequence[int]], None] | None = None,
) -> None:
    """Do the work of one job or several. What fails because a server is away is asked for again by a tick."""
    jobs = [job for job in arguments if isinstance(job, int) and not isinstance(job, bool) and 0 < job < 2**63]
    if len(jobs) != len(arguments) or not 0 < len(jobs) <= (MOST_JOBS if run_together else 1):
        rubbish.drop("request for something that is not a job", arguments)
    elif run_together and len(jobs) > 1:
        run_together(jobs)
    else:
        run(jobs[0])
