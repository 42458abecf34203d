"""Gives back memory that loading has left behind."""

import ctypes
import gc
import platform


def give_back() -> None:
    """Return freed memory to the system.

    Loading frees several times as much as it keeps, in blocks that the C library would hold on to: a gigabyte would
    count as used for as long as the worker runs. Only the GNU library has to be asked.
    """
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
