"""How many worker processes a farm of one command gets."""

import os
from collections.abc import Iterable
from pathlib import Path

from storage.settings import Settings

#: One worker process for so many seconds of audio, up to the machine's cores: a short clip does not wait for a crowd.
SECONDS_A_WORKER = 20.0


def workers_for(settings: Settings, recordings: Iterable[Path]) -> int:
    """What is set, else what the work can use."""
    if settings.workers:
        return settings.workers
    cores = os.cpu_count() or 1
    return max(1, min(cores, int(sum(_rough_seconds(p) for p in recordings) / SECONDS_A_WORKER) + 1))


def _rough_seconds(path: Path) -> float:
    """A lower guess at a recording's length from its size alone: CD quality if not compressed, else 128 kbit/s."""
    try:
        size = path.stat().st_size
    except OSError:
        return 0.0
    return size / (176_400 if path.suffix.lower() in {".wav", ".aiff", ".aif", ".w64", ".rf64"} else 32_000)
