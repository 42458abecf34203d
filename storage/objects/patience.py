"""Waits for a server that is away for a moment, because work in progress is worth more than a quick error."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from storage.errors import NoSpace, ObjectMissing, ServiceError

T = TypeVar("T")

#: Seconds between tries: growing, and a minute and a half in all, which is longer than a server takes to restart.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0)


def patiently(action: Callable[[], T], give_up: Event, *, for_room: bool = False) -> T:
    """Run an action, and retry while a server does not answer or, with `for_room`, is full.

    Errors that waiting cannot cure are raised at once.
    """
    for pause in PAUSES:
        try:
            return action()
        except ObjectMissing:
            raise
        except NoSpace:
            if not for_room or give_up.wait(pause):
                raise
        except ServiceError:
            if give_up.wait(pause):
                raise
    return action()
