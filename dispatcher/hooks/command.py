"""Running a hook's command: without a shell, for a limited time, with the event on its standard input."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from dispatcher.hooks.outcome import DELIVERED, Outcome
from storage.printable import storable

#: Seconds that a command may take.
PATIENCE = 60.0
#: Characters of what it last said that are written down.
LONGEST_TAIL = 400
#: The process that a child of the farm must not outlive; a command is nobody's child.
NOT_PASSED_ON = frozenset({"VOICEFARM_PARENT"})


def run_command(words: Sequence[str], body: bytes, variables: Mapping[str, str], patience: float = PATIENCE) -> Outcome:
    """Run the command; what it says last is why it failed."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON} | dict(variables)
    # Files and not pipes: what the command leaves running may hold a pipe open for ever.
    with TemporaryFile() as told, TemporaryFile() as said:
        told.write(body)
        told.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the farm's owner set it
                words, stdin=told, stdout=subprocess.DEVNULL, stderr=said, env=environment, start_new_session=True
            )
        except (OSError, ValueError) as error:
            # A ValueError is a zero byte.
            return Outcome(f"the hook's command cannot be run ({getattr(error, 'strerror', None) or error})")
        status = _ended(process, patience)
        if status == 0:
            return DELIVERED
        how = f"did not end within {patience:g} s" if status is None else f"ended with status {status}"
        tail = _tail(said)
        return Outcome(f"the hook's command {how}{tail and ': '}{tail}")


def _ended(process: subprocess.Popen[bytes], patience: float) -> int | None:
    """The exit status; None for one that took too long, which is ended with all that it started."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def _tail(said: IO[bytes]) -> str:
    """What was said last, on one line."""
    said.seek(max(said.seek(0, os.SEEK_END) - 4 * LONGEST_TAIL, 0))
    return storable(" ".join(said.read().decode("utf-8", "replace").split()))[-LONGEST_TAIL:]
