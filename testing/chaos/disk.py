"""Small separate disks, which a test can fill to the last byte and empty again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Disk:
    """A folder that is a separate disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, ballast: str) -> None:
        """Fill the disk completely."""
        with suppress(OSError), (self.folder / ballast).open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))

    def free(self, ballast: str) -> None:
        """Free the space again."""
        (self.folder / ballast).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """A disk of this many megabytes at a folder; None, and an ordinary folder, where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "voicefarm-tests", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=60)
