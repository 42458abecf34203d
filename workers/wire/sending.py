"""Puts a message on a queue: the only way in which processes of the farm speak to each other."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from storage.errors import BrokerUnavailable
from storage.settings import redacted
from workers.wire.celery_app import named_queue
from workers.wire.routes import DROP_COMMAND

#: Kombu's priority steps on Redis; the first is the most urgent.
STEPS = (0, 3, 6, 9)
URGENT = STEPS[0]
ORDINARY = 6
#: The header that says what a message is about, so that it can be found in its queue without opening it.
ABOUT = "about"
#: Characters that are told of a message at the most.
LONGEST_TOLD = 500
#: Tokens in one command, because every node must read the whole command.
MOST_DROPPED = 500


def step_of(priority: int) -> int:
    """The broker's step for a job's priority; no two priorities that people can choose share a step."""
    return next((step for step in STEPS if priority <= step), STEPS[-1])


def send(
    app: Celery,
    task: str,
    queue: str,
    *args: Any,
    priority: int = ORDINARY,
    expires: float | None = None,
    about: str = "",
    told: str = "",
) -> None:
    """Enqueue a task by its name; raises BrokerUnavailable at once, without retries.

    What is `told` of it is for people: dashboards such as Flower show it instead of arguments, which are long.
    """
    try:
        app.send_task(
            task,
            args=args,
            queue=named_queue(queue),
            priority=priority,
            expires=expires,
            headers={ABOUT: about},
            retry=False,
            ignore_result=True,
            argsrepr=told[:LONGEST_TOLD] or None,
            kwargsrepr="" if told else None,
        )
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerUnavailable(
            f"the broker {redacted(app.conf.broker_url)} does not answer ({error});"
            " check VOICEFARM_BROKER_URL, its password, and that Redis runs and has room"
        ) from error


def drop_leases(app: Celery, tokens: Mapping[tuple[str, ...], Sequence[str]]) -> None:
    """Tell workers to drop leases: the tokens, by the names of the workers that hold them or will receive them."""
    try:
        for names, dropped in tokens.items():
            for first in range(0, len(dropped), MOST_DROPPED):
                some = {"tokens": list(dropped[first : first + MOST_DROPPED])}
                app.control.broadcast(DROP_COMMAND, arguments=some, destination=list(names), reply=False)
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerUnavailable(f"the broker does not accept a command ({error}); check that Redis runs") from error
