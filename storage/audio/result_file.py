"""The file that a result is written to; it remembers a failure until it can be reported."""

import errno
from pathlib import Path

from storage.errors import AudioError, InputError, NoSpace, VoicefarmError

#: Bytes gathered before they are written; encoders hand on a few KiB at a time.
_BUFFER = 1 << 20
#: A full disk, a full quota, and a file that may not grow further.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class ResultFile:
    """A file that encoders written in C can call: it never raises into them, but remembers what failed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failure: OSError | None = None
        try:
            self._raw = path.open("wb+", buffering=_BUFFER)
        except OSError as error:
            if error.errno in _FULL:
                raise self._sentence(error) from error
            raise InputError(
                f"{path} cannot be written ({error.strerror}); check that its folder exists and may be written to"
            ) from error

    def write(self, content: bytes) -> int:
        """Write, or pretend to after a failure, so that the encoder returns normally."""
        if self.failure is None:
            try:
                self._raw.write(content)
            except OSError as error:
                self.failure = error
        return len(content)

    def read(self, size: int) -> bytes:
        """Read back what was written, as some containers do with their header."""
        return b"" if self.failure else self._raw.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to where the next write goes."""
        if self.failure is None:
            try:
                return self._raw.seek(offset, whence)
            except OSError as error:
                # Moving writes out what was gathered, so this can meet a full disk too.
                self.failure = error
        return 0

    def tell(self) -> int:
        """Where the next write goes."""
        return 0 if self.failure else self._raw.tell()

    def close(self) -> None:
        """Write out what was gathered, and close the file."""
        try:
            self._raw.close()
        except OSError as error:
            self.failure = self.failure or error

    def check(self) -> None:
        """Raise an error if anything failed."""
        if self.failure is not None:
            raise self._sentence(self.failure) from self.failure

    def _sentence(self, error: OSError) -> VoicefarmError:
        if error.errno in _FULL:
            return NoSpace(
                f"There is no room to write {self._path} ({error.strerror}); free some space there, or choose another"
                " folder"
            )
        return AudioError(f"Writing {self._path} failed ({error.strerror}); check the disk and try again")
