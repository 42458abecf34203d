"""What fails while a file of FFmpeg's is written, as sentences."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.audio.source_file import SourceFile
from storage.errors import AudioError, NoSpace

#: A full disk, a full quota, and a file that may not grow further.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def told_in_words(name: str, target: Path, source: SourceFile | None = None, *also: type[Exception]) -> Iterator[None]:
    """Raise what goes wrong with writing this file as one of our errors, and leave no part of it."""
    failures: tuple[type[Exception], ...] = (OSError, ValueError, *also)
    try:
        yield
    except failures as error:
        target.unlink(missing_ok=True)
        if source is not None:
            # Where the source could not be read, that is the reason for all else.
            source.check()
        why = getattr(error, "strerror", None) or str(error)
        if getattr(error, "errno", None) in _FULL:
            raise NoSpace(f"there is no room to write {target} ({why}); free some space there") from error
        raise AudioError(
            f"what {name} holds beside its sound could not be written ({why}); convert it to another format"
        ) from error
