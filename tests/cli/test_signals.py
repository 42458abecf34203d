"""A process that is told to stop stops, however often and however quickly it is told."""

import signal
import subprocess
import sys

import pytest

from dispatcher.cli.signals import Stop

#: Seconds that a process has to end.
PATIENCE = 60.0
#: Two processes that are told to stop every 200 microseconds, again and again, while they ask whether they were told.
ASKED_ALL_THE_TIME = """
import signal
from dispatcher.cli.signals import stop_on_signals
stop = stop_on_signals()
signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
signal.setitimer(signal.ITIMER_REAL, 2e-4, 2e-4)
for _ in range(1_000_000):
    stop.wait(0.0)
signal.setitimer(signal.ITIMER_REAL, 0.0)
print("through")
"""
INTERRUPTED_ALL_THE_TIME = """
import signal
from dispatcher.cli import interrupting
with interrupting.minding_ctrl_c():
    interrupt = signal.getsignal(signal.SIGINT)
    def interrupted(*_):
        try:
            interrupt()
        except KeyboardInterrupt:
            pass
    signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 2e-4, 2e-4)
    for _ in range(3_000_000):
        interrupting._CtrlC.was_pressed = False
    signal.setitimer(signal.ITIMER_REAL, 0.0)
print("through")
"""


@pytest.mark.parametrize("script", [ASKED_ALL_THE_TIME, INTERRUPTED_ALL_THE_TIME])
def test_a_signal_in_the_handler_of_another_or_in_a_wait_blocks_nobody(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout == "through\n"


def test_a_process_that_is_told_many_times_at_once_stops() -> None:
    script = "from dispatcher.cli.signals import stop_on_signals as s; x = s(); print('ready', flush=True); x.wait()"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        for _ in range(100):
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
        try:
            assert process.wait(PATIENCE) is not None
        finally:
            process.kill()


def test_it_is_set_once_and_for_all() -> None:
    stop = Stop()
    assert not stop.is_set()
    assert not stop.wait(0.001)
    for _ in range(100_000):
        stop.set()
    assert stop.is_set()
    assert stop.wait()
    assert stop.wait(0.001)
