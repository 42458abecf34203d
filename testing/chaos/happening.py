"""A round's faults happening at their times, whatever else goes on, and what is known of each afterwards."""

import time
from dataclasses import dataclass
from threading import Event, Lock, Thread, Timer

from testing.chaos.faults import begin
from testing.chaos.plan import Fault, Round
from testing.chaos.standing import StandingFarm


@dataclass(slots=True)
class Suffered:
    """One fault as it happened; times as `time.monotonic()` has them."""

    fault: Fault
    began: float
    ended: float | None = None
    remark: str = ""
    recovered: float | None = None
    """Seconds from its end to the next atom that ended."""


class Happening:
    """Does a round's faults in a thread of its own; each is undone by a timer, however long the next one takes."""

    def __init__(self, farm: StandingFarm, round_: Round) -> None:
        self.farm = farm
        self.round = round_
        self.suffered: list[Suffered] = []
        self.timers: list[Timer] = []
        self.over = Event()
        self.lock = Lock()
        self.thread = Thread(target=self._run, name="faults", daemon=True)

    def start(self) -> None:
        """The round begins."""
        self.thread.start()

    @property
    def is_over(self) -> bool:
        """Whether all faults have begun and ended."""
        return not self.thread.is_alive() and all(s.ended is not None for s in self.suffered)

    def stop(self) -> None:
        """No more faults; those that were begun come to their end."""
        self.over.set()
        self.thread.join()
        for timer in self.timers:
            timer.join()

    def note_progress(self, now: float) -> None:
        """An atom has ended: whatever fault was over by then is recovered from."""
        with self.lock:
            for suffered in self.suffered:
                if suffered.recovered is None and suffered.ended is not None and suffered.ended < now:
                    suffered.recovered = now - suffered.ended

    def _run(self) -> None:
        start = time.monotonic()
        for fault in self.round.faults:
            if self.over.wait(max(start + fault.at - time.monotonic(), 0.0)):
                return
            self._begin(fault)

    def _begin(self, fault: Fault) -> None:
        suffered = Suffered(fault, time.monotonic())
        with self.lock:
            self.suffered.append(suffered)
        try:
            undo = begin(self.farm, fault)
        except Exception as error:  # noqa: BLE001 - a fault may meet a server that another fault has hit
            suffered.remark = f"could not be done: {type(error).__name__}: {error}"
            suffered.ended = time.monotonic()
            return

        def end() -> None:
            try:
                undo()
            except Exception as error:  # noqa: BLE001 - the same
                suffered.remark = f"could not be undone: {type(error).__name__}: {error}"
            suffered.ended = time.monotonic()

        timer = Timer(fault.seconds, end)
        timer.start()
        self.timers.append(timer)
