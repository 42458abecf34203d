"""A process of its own that reads bad input, so that what kills it does not kill who watches.

It is told its door, the folder of sound input and a seed; then, line by line, numbers of inputs or paths of files.
"""

import faulthandler
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.fuzz.catalog import DOORS
from tests.fuzz.door import Door, nth_input, read_seeds
from tests.fuzz.verdict import GOOD, Ending, Verdict, judged

#: MiB that one small input may cost; beyond, it counts as a bomb.
MOST_MEMORY = 300
#: Bytes of address space beyond what the start took, so that a bomb does not take the machine with it.
_ROOM = 3 << 30


def main() -> None:
    """Judge every input that is named on standard input."""
    name, folder, seed = sys.argv[1:]
    door, seeds = DOORS[name], read_seeds(Path(folder))
    # Reads one sound input of each kind before anything is measured, so that what is loaded late is loaded.
    for content in seeds.values():
        judged(door, content)
    faulthandler.enable()
    _bound_memory()
    for line in sys.stdin:
        task = line.strip()
        _tell(begun=task)
        content = nth_input(door, seeds, int(seed), int(task)) if task.isdigit() else Path(task).read_bytes()
        verdict = _weighed(door, content)
        _tell(ended=task, ending=verdict.ending, said=verdict.said)


def _weighed(door: Door, content: bytes) -> Verdict:
    before = _peak()
    verdict = judged(door, content)
    cost = _peak() - before
    if cost > MOST_MEMORY and verdict.ending in GOOD:
        return Verdict(Ending.HUNGRY, f"{cost} MiB for {len(content)} bytes")
    return verdict


def _peak() -> int:
    """MiB that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1 << 20)


def _bound_memory() -> None:
    # Where the system knows no such limit, only the measuring is left.
    with suppress(ValueError, OSError):
        limit = psutil.Process().memory_info().vms + _ROOM
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _tell(**words: object) -> None:
    # Not print: what libraries write to standard output must not land inside our lines.
    sys.stdout.write("\n" + json.dumps(words) + "\n")
    sys.stdout.flush()


def told(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """What a child says, without what libraries write in between."""
    for line in lines:
        if line.startswith('{"'):
            with suppress(ValueError):
                yield json.loads(line)


if __name__ == "__main__":
    main()
