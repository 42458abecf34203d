"""Starts several of a farm's processes as forks of one that has imported what all of them need.

Importing takes a second of processor time for each otherwise, most of what a short conversion costs. Only on Linux:
elsewhere processes do not survive a fork, or cannot be adopted.
"""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from dispatcher.local.adopted import Adopted
from dispatcher.local.child import Child
from storage.private import open_private

#: The command that forks.
SEED = (sys.executable, "-m", "dispatcher.cli.seed")
#: Seconds within which all have begun; a busy machine may import for long.
SEED_PATIENCE = 60.0
#: From the kernel's <linux/prctl.h>: orphans among our descendants become our own children.
_SET_SUBREAPER, _GET_SUBREAPER = 36, 37


def start_together(children: Sequence[Child]) -> None:
    """Start all; those that are our own commands in one environment from one process, where that works."""
    left = list(children)
    for alike in _alike(left):
        with suppress(OSError, ValueError, subprocess.SubprocessError):
            _fork(alike)
            left = [child for child in left if child not in alike]
    for child in left:
        child.start()


def _alike(children: Sequence[Child]) -> Iterator[list[Child]]:
    """Children that can share a seed, at least two at a time."""
    ours = [child for child in children if child.arguments] if sys.platform == "linux" else []
    while ours:
        alike = [child for child in ours if child.environment == ours[0].environment]
        ours = [child for child in ours if child not in alike]
        if len(alike) > 1:
            yield alike


def _fork(children: Sequence[Child]) -> None:
    """Start these as forks; raises, and leaves none behind, if that fails."""
    request = {
        "host": os.getpid(),
        "children": [{"arguments": list(c.arguments), "log": str(c.log)} for c in children],
    }
    children[0].log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open_private(children[0].log) as log, _adopting():
        said = subprocess.run(  # noqa: S603 - our own command
            [*SEED, *(child.name for child in children)], input=json.dumps(request).encode(), stdout=subprocess.PIPE,
            stderr=log, env=children[0].environment, start_new_session=True, timeout=SEED_PATIENCE, check=True,
        )  # fmt: skip
    for child, pid in zip(children, json.loads(said.stdout), strict=True):
        child.adopt(Adopted(pid))


@contextmanager
def _adopting() -> Iterator[None]:
    """Become the parent of processes whose own parent ends in the block."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    before = ctypes.c_int()
    prctl(_GET_SUBREAPER, ctypes.byref(before))
    if prctl(_SET_SUBREAPER, 1) != 0:
        raise OSError(ctypes.get_errno(), "processes cannot be adopted here")
    try:
        yield
    finally:
        prctl(_SET_SUBREAPER, before.value)
