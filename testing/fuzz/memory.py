"""How much memory a piece of work took at its height."""

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_LINUX = Path("/proc/self")
_HIGHEST = re.compile(r"VmHWM:\s*(\d+) kB")
#: What is written to `clear_refs` for the height to be forgotten.
_FORGET = "5"


@contextmanager
def height() -> Iterator[list[int]]:
    """A list that holds the MiB by which the block raised this process above where it began."""
    found: list[int] = []
    # Not getrusage on Linux: a child begins there with the height of whoever started it.
    with suppress(OSError):
        (_LINUX / "clear_refs").write_text(_FORGET)
    before = _peak()
    yield found
    found.append(_peak() - before)


def bound(room: int) -> None:
    """Allow this process so many more bytes of address space, so that a bomb does not take the machine with it."""
    # Where the system knows no such limit, only the measuring is left.
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
