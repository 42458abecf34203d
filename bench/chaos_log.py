"""The log of a run of faults: a line of JSON for each, and a table of all."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from testing.chaos.driver import Outcome
from testing.chaos.happening import Suffered


def write_outcome(outcome: Outcome, farm: str, log: Path | None) -> None:
    """Add a round's faults to the log."""
    if log is None:
        return
    with log.open("a", encoding="utf-8") as file:
        for suffered in outcome.suffered:
            file.write(json.dumps(_line(suffered, outcome, farm)) + "\n")


def _line(suffered: Suffered, outcome: Outcome, farm: str) -> dict[str, object]:
    fault = suffered.fault
    return {
        "farm": farm,
        "seed": outcome.round.seed,
        "round": outcome.round.number,
        "fault": fault.number,
        "at": fault.at,
        "kind": str(fault.kind),
        "target": fault.target,
        "seconds": fault.seconds,
        "amount": fault.amount,
        "lasted": None if suffered.ended is None else round(suffered.ended - suffered.began, 3),
        "recovered_after": None if suffered.recovered is None else round(suffered.recovered, 3),
        "remark": suffered.remark,
        "jobs_of_round": outcome.jobs,
        "wrong_after_round": outcome.wrong,
    }


@dataclass(slots=True)
class _Row:
    faults: int = 0
    undone: int = 0
    slowest: float = 0.0


@dataclass
class Tally:
    """Totals over all rounds."""

    rows: dict[str, _Row] = field(default_factory=dict)
    rounds: int = 0
    wrong: int = 0
    jobs: int = 0
    retried: int = 0
    urgent: float = 0.0
    settled: float = 0.0
    unacknowledged: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count a round."""
        self.rounds += 1
        self.wrong += bool(outcome.wrong)
        self.jobs += outcome.jobs
        self.retried += outcome.retried
        self.urgent = max(self.urgent, outcome.urgent_waited or 0.0)
        self.settled = max(self.settled, outcome.settled_in)
        self.unacknowledged = max(self.unacknowledged, outcome.unacknowledged)
        for suffered in outcome.suffered:
            row = self.rows.setdefault(str(suffered.fault.kind), _Row())
            row.faults += 1
            row.undone += bool(suffered.remark)
            row.slowest = max(row.slowest, suffered.recovered or 0.0)

    def table(self) -> str:
        """A Markdown table of all faults, and a summary."""
        lines = ["", "| fault | count | could not be done | longest time to the next atom, s |", "|---|---|---|---|"]
        lines += [f"| {kind} | {r.faults} | {r.undone} | {r.slowest:.1f} |" for kind, r in sorted(self.rows.items())]
        faults = sum(row.faults for row in self.rows.values())
        summary = (
            f"{faults} faults in {self.rounds} rounds, of which {self.wrong} left something wrong; {self.jobs}"
            f" jobs, {self.retried} retried because a disk had been full; an urgent job waited {self.urgent:.1f} s at"
            f" most; the farm settled within {self.settled:.1f} s;"
            f" Redis kept at most {self.unacknowledged} messages that killed processes had in hand."
        )
        return "\n".join([*lines, "", summary])
