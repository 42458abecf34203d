"""A file that appears under its name only when it is complete."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from storage.errors import InputError, NoSpace
from storage.remedies import Act, Remedy


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise where a file would be lost."""
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists already", Remedy(Act.OVERWRITE))


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A hidden name beside the target, with its ending, to write to; it takes the target's name at the end."""
    unfinished = target.with_name(f".{target.stem}.{uuid4().hex[:8]}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        unfinished.replace(target)
    except OSError as error:
        raise _sentence(target, error) from error
    finally:
        # Asked first: below a file that was taken for a folder, even looking fails.
        if unfinished.exists():
            unfinished.unlink()


def _sentence(target: Path, error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"the disk is full where {target} should go; free some space, or choose another place")
    return InputError(f"{target} cannot be written ({error.strerror}); choose another place")
