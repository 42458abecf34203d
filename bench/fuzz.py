"""Push endless bad input through every door of the product: `python -m bench.fuzz --minutes 60 --keep findings/`."""

import argparse
import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from testing.fuzz.catalog import DOORS, PRODUCT
from testing.fuzz.door import Seeds, nth_input, read_seeds, write_seeds
from testing.fuzz.verdict import GOOD, Ending
from testing.fuzz.watching import Outcome, Watch

#: Inputs that one child reads; few enough to find the input that did the damage if a later one kills the child.
BATCH = 200
_COLUMNS = (Ending.VALUE, Ending.REFUSAL, Ending.CRASH, Ending.HANG, Ending.HUNGRY, Ending.FOREIGN, Ending.SENTENCE)


@dataclass(slots=True)
class Tally:
    """The results of one door."""

    door: str
    seconds: float = 0.0
    endings: Counter[Ending] = field(default_factory=Counter)
    findings: dict[str, Outcome] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)

    def take(self, outcome: Outcome) -> bool:
        """Count an outcome; return whether it is bad in a way not seen before."""
        self.endings[outcome.verdict.ending] += 1
        if outcome.verdict.ending in GOOD:
            return False
        kind = kind_of(outcome)
        self.times[kind] += 1
        return self.findings.setdefault(kind, outcome) is outcome


def kind_of(outcome: Outcome) -> str:
    """What identifies a finding: its words, without quotations and numbers."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"|\S*\d\S*", "…", outcome.verdict.said.partition("\n")[0])
    return f"{outcome.verdict.ending}: {words[:100]}"


def main() -> None:
    """Try every door that was asked for, print the findings, then the table."""
    asked = _arguments()
    tallies = []
    for name in asked.door or PRODUCT:
        tallies.append(tried(name, 60 * asked.minutes / len(asked.door or PRODUCT), asked.seed, asked.keep))
        _show_findings(tallies[-1])
    print("| door | inputs | seconds | " + " | ".join(ending.value for ending in _COLUMNS) + " |")
    print("|---" * (3 + len(_COLUMNS)) + "|")
    for tally in tallies:
        numbers = [sum(tally.endings.values()), round(tally.seconds), *(tally.endings[ending] for ending in _COLUMNS)]
        print(f"| {tally.door} | " + " | ".join(f"{number:,}" for number in numbers) + " |")


def tried(name: str, seconds: float, seed: int, keep: Path | None = None) -> Tally:
    """Push inputs through one door for this many seconds, on every core."""
    tally, begun = Tally(name), time.monotonic()
    with TemporaryDirectory(prefix="voicefarm-fuzz-") as folder:
        watch = Watch(name, write_seeds(DOORS[name], Path(folder) / "seeds"), seed)
        seeds = read_seeds(watch.seeds)
        for outcome in _outcomes(watch, begun + seconds):
            if tally.take(outcome) and keep:
                _keep(keep, watch, seeds, outcome)
    tally.seconds = time.monotonic() - begun
    return tally


def _outcomes(watch: Watch, until: float) -> Iterator[Outcome]:
    """Outcomes batch after batch, one batch per core at a time."""
    cores, numbers = os.cpu_count() or 1, count(0, BATCH)

    def judged(first: int) -> list[Outcome]:
        return list(watch.judge([str(number) for number in range(first, first + BATCH)]))

    with ThreadPoolExecutor(cores) as pool:
        while time.monotonic() < until:
            for outcomes in pool.map(judged, [next(numbers) for _ in range(cores)]):
                yield from outcomes


def _keep(folder: Path, watch: Watch, seeds: Seeds, outcome: Outcome) -> None:
    """Save the input, and beside it its outcome."""
    content = nth_input(DOORS[watch.door], seeds, watch.seed, int(outcome.task))
    name = f"{outcome.verdict.ending.name.lower()}-{hashlib.sha256(content).hexdigest()[:12]}"
    (folder / watch.door).mkdir(parents=True, exist_ok=True)
    (folder / watch.door / name).write_bytes(content)
    told = f"seed {watch.seed}, input {outcome.task}\n{outcome.verdict.ending}: {outcome.verdict.said}\n"
    (folder / watch.door / f"{name}.txt").write_text(told, encoding="utf-8", errors="backslashreplace")


def _show_findings(tally: Tally) -> None:
    for kind, times in tally.times.most_common():
        print(f"{tally.door}: {times} times, first with input {tally.findings[kind].task}: {kind}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="for all doors together")
    parser.add_argument("--door", action="append", choices=PRODUCT, help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the findings")
    return parser.parse_args()


if __name__ == "__main__":
    main()
