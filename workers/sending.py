"""Putting a message on a queue: the one way in which any process of the farm speaks to another."""

from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from storage.errors import BrokerUnavailable
from storage.settings import redacted
from workers.app import named_queue

#: Redis knows the steps 0, 3, 6 and 9, the first being the most urgent.
URGENT = 0
ORDINARY = 6


def send(
    app: Celery, task: str, queue: str, *args: Any, priority: int = ORDINARY, expires: float | None = None
) -> None:
    """Enqueue a task by its name, or raise BrokerUnavailable at once."""
    try:
        app.send_task(
            task,
            args=args,
            queue=named_queue(queue),
            priority=priority,
            expires=expires,
            retry=False,
            ignore_result=True,
        )
    except (OperationalError, OSError) as error:
        raise BrokerUnavailable(
            f"the broker {redacted(app.conf.broker_url)} does not answer ({error});"
            " check VOICEFARM_BROKER_URL, its password, and that Redis runs"
        ) from error
