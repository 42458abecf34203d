"""Waiting for a server that is away for a moment, because work in hand is worth more than a quick error."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from storage.errors import NoSpace, ObjectMissing, ServiceError

T = TypeVar("T")

#: Seconds between tries, growing; in all a minute and a half, which is longer than a server takes to restart.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0)


def patiently(action: Callable[[], T], give_up: Event, *, for_room: bool = False) -> T:
    """Do it, and again while a server does not answer, or has no room where that is waited for as well.

    What waiting cannot cure is raised at once.
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
