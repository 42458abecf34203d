"""Take a standing farm through a round of faults: keep it busy, let it settle, then check everything."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import func, select

from storage.errors import VoicefarmError
from storage.records.schema import JobRecord
from storage.settings import Settings
from testing.chaos.checks import misrouted, unacknowledged, unsettled
from testing.chaos.handing_in import LOOK, HandingIn
from testing.chaos.happening import Happening, Suffered
from testing.chaos.plan import Round
from testing.chaos.results import wrong_results
from testing.chaos.standing import StandingFarm
from testing.chaos.work import Made, Work

#: Seconds within which a healthy farm must have more work than it can take in hand.
BUSY_PATIENCE = 30.0
#: Seconds that a farm gets to settle after a round: longer than any of its timeouts that a fault can trigger.
SETTLE_PATIENCE = 90.0
#: Seconds that an urgent job may wait beyond the leases before it: for its split, a tick, and two busy cores.
URGENT_SLACK = 6.0


@dataclass
class Outcome:
    """What happened in a round."""

    round: Round
    suffered: list[Suffered] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """A line for each thing that is wrong."""
    jobs: int = 0
    retried: int = 0
    urgent_waited: float | None = None
    settled_in: float = 0.0
    unacknowledged: int = 0
    """Messages that killed processes had in hand, which Redis will hand out again hours later."""


@dataclass
class Driver:
    """Takes one farm through rounds."""

    farm: StandingFarm
    work: Work
    undisturbed: Mapping[Made, str]
    settle_patience: float = SETTLE_PATIENCE
    strict: bool = False
    """Whether it is wrong for Redis to keep messages that killed processes had in hand."""

    def run(self, round_: Round) -> Outcome:
        """Run one round; the outcome has everything that is wrong after it."""
        outcome = Outcome(round_)
        first = self._last_job()
        self._forget_atoms()
        handing = HandingIn(self.farm, self.work, Random(f"{round_.seed} {round_.number} work"))
        self._try_urgent(handing, outcome)
        happening = Happening(self.farm, round_)
        outcome.suffered = happening.suffered
        self._suffer(handing, happening)
        self._settle(handing, happening, outcome)
        outcome.wrong += wrong_results(self.farm.database, self.farm.store, self.undisturbed, after=first)
        outcome.wrong += misrouted(self.farm.database)
        abandoned = unacknowledged(self.farm)
        outcome.unacknowledged = len(abandoned)
        outcome.wrong += abandoned if self.strict else []
        outcome.jobs = self._last_job() - first
        outcome.retried = handing.retried
        return outcome

    def _try_urgent(self, handing: HandingIn, outcome: Outcome) -> None:
        """Try an urgent job behind a busy queue, before any fault."""
        if not handing.wait_until_busy(BUSY_PATIENCE):
            outcome.wrong.append(f"the farm was not busy within {BUSY_PATIENCE:g} s: {unsettled(self.farm)}")
            return
        limit = urgent_limit(self.farm.settings)
        outcome.urgent_waited = handing.urgent_wait(3.0 * limit)
        if outcome.urgent_waited is None or outcome.urgent_waited > limit:
            waited = "far too long" if outcome.urgent_waited is None else f"{outcome.urgent_waited:.1f} s"
            outcome.wrong.append(f"an urgent job waited {waited} behind others; the limit is {limit:g} s")

    def _suffer(self, handing: HandingIn, happening: Happening) -> None:
        happening.start()
        try:
            while not happening.is_over:
                handing.keep_busy()
                self._note_progress(handing, happening)
                time.sleep(LOOK)
        finally:
            happening.stop()
        handing.suffered = {suffered.fault.kind for suffered in happening.suffered}

    def _settle(self, handing: HandingIn, happening: Happening, outcome: Outcome) -> None:
        """Wait until nothing is left to do; whatever is left when patience ends is wrong."""
        began = time.monotonic()
        left = ["nothing has been checked yet"]
        while left and time.monotonic() - began < self.settle_patience:
            with suppress(VoicefarmError):
                handing.retry_the_excused()
            self._note_progress(handing, happening)
            left = unsettled(self.farm)
            time.sleep(LOOK)
        outcome.settled_in = time.monotonic() - began
        outcome.wrong += left

    def _note_progress(self, handing: HandingIn, happening: Happening) -> None:
        with suppress(VoicefarmError):
            if handing.has_progress():
                happening.note_progress(time.monotonic())

    def _last_job(self) -> int:
        with self.farm.database.reading() as connection:
            return int(connection.execute(select(func.max(JobRecord.id))).scalar() or 0)

    def _forget_atoms(self) -> None:
        """Delete what earlier rounds made, so that it cannot answer this one."""
        for prefix in ("converted/", "atoms/", "results/"):
            for stored in list(self.farm.store.list(prefix)):
                self.farm.store.delete(stored.key)


def urgent_limit(settings: Settings) -> float:
    """Seconds within which an urgent job must get its first lease: the longest lease in hand, and some slack."""
    return settings.lease_seconds + URGENT_SLACK
