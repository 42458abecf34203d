"""A file for what passes through this machine, which is gone afterwards."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from storage.errors import InputError, NoSpace


@contextmanager
def scratch_file(folder: Path) -> Iterator[IO[bytes]]:
    """An empty file below a folder, for as long as the block."""
    try:
        # A folder of its own is removed at the program's end even if a thread was in the middle of the block.
        with (
            TemporaryDirectory(dir=folder, prefix="voicefarm-", ignore_cleanup_errors=True) as own,
            Path(own, "file").open("w+b") as file,
        ):
            yield file
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"the disk of the scratch folder {folder} is full; free some space") from error
        raise InputError(f"no file can be kept in {folder} ({error.strerror}); check its owner and rights") from error
