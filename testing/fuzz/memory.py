"""Measure and limit the memory of a piece of work."""

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_LINUX = Path("/proc/self")
_HIGHEST = re.compile(r"VmHWM:\s*(\d+) kB")
#: Writing this to `clear_refs` resets the peak.
_FORGET = "5"


@contextmanager
def height() -> Iterator[list[int]]:
    """A list that will hold the MiB by which the block raised this process's peak memory."""
    found: list[int] = []
    # Not getrusage on Linux, where a child starts with its parent's peak.
    with suppress(OSError):
        (_LINUX / "clear_refs").write_text(_FORGET)
    before = _peak()
    yield found
    found.append(_peak() - before)


def bound(room: int) -> None:
    """Allow this process this many more bytes of address space, so that a bomb does not bring down the machine."""
    # If the system has no such limit, only the measuring is left.
    with suppress(ValueError, OSError):
        limit = psutil.Process().memory_info().vms + room
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _peak() -> int:
    try:
        found = _HIGHEST.search((_LINUX / "status").read_text())
    except OSError:
        found = None
    if found:
        return int(found[1]) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
