"""Simulated machines whose clocks can be set while they run: a preloaded library shifts the clock of a process."""

import shutil
import struct
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("set_clock.c")
#: The environment variable that names the file with a machine's offset.
OFFSET_FILE = "FARM_CLOCK"


def compiler() -> str | None:
    """The compiler that builds the library; None where clocks cannot be set."""
    return (shutil.which("cc") or shutil.which("gcc")) if sys.platform == "linux" else None


class Clocks:
    """The machines' offsets, and the environment that makes a process use one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = folder / "set_clock.so"
        folder.mkdir(parents=True, exist_ok=True)
        found = compiler()
        if found:
            subprocess.run([found, "-shared", "-fPIC", "-O1", "-o", self.library, SOURCE], check=True)

    def environment(self, machine: str) -> dict[str, str]:
        """The environment for every process of a machine; empty where clocks cannot be set."""
        if not self.library.exists():
            return {}
        self.set(machine, 0.0)
        return {"LD_PRELOAD": str(self.library), OFFSET_FILE: str(self._file(machine))}

    def set(self, machine: str, seconds: float) -> None:
        """Set a machine's clock this far ahead of the true time, or behind it if negative."""
        with self._file(machine).open("r+b" if self._file(machine).exists() else "w+b") as file:
            file.write(struct.pack("=q", round(seconds * 1e9)))

    def _file(self, machine: str) -> Path:
        return self.folder / f"{machine}.offset"
