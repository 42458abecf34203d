"""How many worker processes recordings can use."""

from collections.abc import Iterable
from pathlib import Path

#: One worker process for so many seconds of audio: a short clip does not wait for a crowd.
SECONDS_A_WORKER = 20.0


def usable_workers(recordings: Iterable[Path]) -> int:
    """As many as there is work for."""
    return int(sum(_rough_seconds(path) for path in recordings) / SECONDS_A_WORKER) + 1


def _rough_seconds(path: Path) -> float:
    """A lower guess at a recording's length from its size alone: CD quality if not compressed, else 128 kbit/s."""
    try:
        size = path.stat().st_size
    except OSError:
        return 0.0
    return size / (176_400 if path.suffix.lower() in {".wav", ".aiff", ".aif", ".w64", ".rf64"} else 32_000)
