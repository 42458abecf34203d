"""Which files of a watched folder are complete: those that have kept their size and time for a while."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a file shows; while somebody writes to it, it changes."""

    size: int
    changed_ns: int


@dataclass(slots=True)
class _Seen:
    look: Look
    since: float
    is_taken: bool = False


class Arrivals:
    """Remembers what it saw of a folder. Each state of a file is taken once: a file that is replaced comes again."""

    def __init__(self, settle_seconds: float) -> None:
        self._settle = settle_seconds
        self._seen: dict[Path, _Seen] = {}

    def complete(self, there: Mapping[Path, Look], now: float) -> list[Path]:
        """The files that have come to rest since the last look, given all that are there now."""
        self._seen = {path: seen for path, seen in self._seen.items() if path in there}
        ready = []
        for path, look in there.items():
            seen = self._seen.get(path)
            if seen is None or seen.look != look:
                self._seen[path] = _Seen(look, now)
            elif not seen.is_taken and look.size and now - seen.since >= self._settle:
                seen.is_taken = True
                ready.append(path)
        return ready

    def rested(self, path: Path, now: float) -> float:
        """Seconds for which a file has stayed as it is."""
        return now - self._seen[path].since if path in self._seen else 0.0

    def again(self, paths: Iterable[Path]) -> None:
        """Take these again at the next look: nothing could be done with them."""
        for path in paths:
            if path in self._seen:
                self._seen[path].is_taken = False


def look_at(paths: Iterable[Path]) -> dict[Path, Look]:
    """A look at each file that is still there."""
    looks = {}
    for path in paths:
        try:
            facts = path.stat()
        except OSError:
            continue
        looks[path] = Look(facts.st_size, facts.st_mtime_ns)
    return looks
