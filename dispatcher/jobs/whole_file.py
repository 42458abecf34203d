"""A file that appears under its name only when it is complete."""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from storage.errors import InputError, NoSpace
from storage.remedies import Act, Remedy

#: What the system says when a disk, a quota or the largest size of a file is reached.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: Seconds without a byte after which nobody writes to an unfinished file any more: its program was killed.
ABANDONED = 3_600.0


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise where a file would be lost."""
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists already", Remedy(Act.OVERWRITE))


@contextmanager
def whole_file(target: Path, *elsewhere: Remedy) -> Iterator[Path]:
    """A hidden name beside the target, with its ending, to write to; it takes the target's name at the end. `elsewhere`
    is how to choose another place, if more can be said of that.
    """
    unfinished = unfinished_beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target.parent)
        yield unfinished
        unfinished.replace(target)
    except OSError as error:
        raise _sentence(target, error, elsewhere) from error
    finally:
        # If its folder cannot exist, neither can the file.
        with suppress(OSError):
            unfinished.unlink()


def unfinished_beside(target: Path) -> Path:
    """A hidden name on the same disk; short, so that the target may have the longest name that the disk allows."""
    return target.with_name(f".voicefarm-{uuid4().hex[:8]}.part{target.suffix}")


@lru_cache(maxsize=1024)
def _remove_abandoned(folder: Path) -> None:
    """Remove what killed programs left unfinished in a folder; once in a process, as folders may hold many files."""
    for left in folder.glob(".voicefarm-????????.part*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()


def _sentence(target: Path, error: OSError, elsewhere: tuple[Remedy, ...]) -> InputError | NoSpace:
    if error.errno in _FULL:
        advice = "" if elsewhere else ", or choose another place"
        return NoSpace(f"the disk is full where {target} should go; free some space{advice}", *elsewhere)
    advice = "" if elsewhere else "; choose another place"
    return InputError(f"{target} cannot be written ({error.strerror}){advice}", *elsewhere)
