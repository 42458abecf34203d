"""Ctrl-C while something is waited for: it ends that, and is never lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from dispatcher.client.watching import pause_a_moment


class _CtrlC:
    """Whether Ctrl-C was pressed. Python drops its exception if it is raised while an object is finalised, so it is
    remembered; without a lock, which the handler of a second Ctrl-C would wait for in vain.
    """

    was_pressed = False


def stop_if_interrupted() -> None:
    """Wait a moment, or end what is waited for because Ctrl-C was pressed."""
    if _CtrlC.was_pressed:
        raise KeyboardInterrupt
    pause_a_moment()


@contextmanager
def minding_ctrl_c() -> Iterator[None]:
    """Remember Ctrl-C for as long as the block lasts."""
    _CtrlC.was_pressed = False
    before = signal.getsignal(signal.SIGINT)
    # Whoever starts it ignoring Ctrl-C, as nohup and background scripts do, means it.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(*_: object) -> None:
    _CtrlC.was_pressed = True
    raise KeyboardInterrupt
