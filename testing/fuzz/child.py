"""A separate process that reads bad input, so that an input that kills it does not kill the watcher.

Its arguments are a door, the folder of good input and a seed; then it reads numbers of inputs or paths of files, one
per line.
"""

import faulthandler
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from testing.fuzz.catalog import DOORS
from testing.fuzz.door import Door, nth_input, read_seeds
from testing.fuzz.memory import bound, height
from testing.fuzz.verdict import GOOD, Ending, Verdict, judged

#: MiB that one small input may cost; beyond that it counts as a bomb.
MOST_MEMORY = 300
#: Good inputs that are read before anything is measured.
_WARM = 8
#: Bytes of address space allowed beyond what the start took.
_ROOM = 3 << 30


def main() -> None:
    """Judge every input that is named on standard input."""
    name, folder, seed = sys.argv[1:]
    door, seeds = DOORS[name], read_seeds(Path(folder))
    # Read some good input first, so that late imports are not measured.
    for content in list(seeds.values())[:: max(1, len(seeds) // _WARM)]:
        judged(door, content)
    faulthandler.enable()
    bound(_ROOM)
    for line in sys.stdin:
        task = line.strip()
        _tell(begun=task)
        content = nth_input(door, seeds, int(seed), int(task)) if task.isdigit() else Path(task).read_bytes()
        verdict = _weighed(door, content)
        _tell(ended=task, ending=verdict.ending, said=verdict.said)


def _weighed(door: Door, content: bytes) -> Verdict:
    with height() as cost:
        verdict = judged(door, content)
    if cost[0] > MOST_MEMORY and verdict.ending in GOOD:
        return Verdict(Ending.HUNGRY, f"{cost[0]} MiB for {len(content)} bytes")
    return verdict


def _tell(**words: object) -> None:
    # One write, not print: what libraries write to standard output must not land inside our lines.
    sys.stdout.write("\n" + json.dumps(words) + "\n")
    sys.stdout.flush()


def told(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """A child's answers, without what libraries write in between."""
    for line in lines:
        if line.startswith('{"'):
            with suppress(ValueError):
                yield json.loads(line)


if __name__ == "__main__":
    main()
