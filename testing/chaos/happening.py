"""A round's faults, done at their times whatever else happens, with a record of each."""

import time
from dataclasses import dataclass
from threading import Event, Lock, Thread, Timer

from testing.chaos.faults import begin
from testing.chaos.plan import Fault, Round
from testing.chaos.standing import StandingFarm


@dataclass(slots=True)
class Suffered:
    """One fault as it happened; times are those of `time.monotonic()`."""

    fault: Fault
    began: float
    ended: float | None = None
    remark: str = ""
    recovered: float | None = None
    """Seconds from the fault's end to the next atom that ended."""


class Happening:
    """Does a round's faults in a separate thread; a timer undoes each, however long the next one takes."""

    def __init__(self, farm: StandingFarm, round_: Round) -> None:
        self.farm = farm
        self.round = round_
        self.suffered: list[Suffered] = []
        self.timers: list[Timer] = []
        self.over = Event()
        self.lock = Lock()
        self.thread = Thread(target=self._run, name="faults", daemon=True)

    def start(self) -> None:
        """Begin the round."""
        self.thread.start()

    @property
    def is_over(self) -> bool:
        """Whether all faults have begun and ended."""
        return not self.thread.is_alive() and all(s.ended is not None for s in self.suffered)

    def stop(self) -> None:
        """Begin no more faults, and wait for the end of those that have begun."""
        self.over.set()
        self.thread.join()
        for timer in self.timers:
            timer.join()

    def note_progress(self, now: float) -> None:
        """Record that an atom has ended: the farm has recovered from every fault that was over by then."""
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
        except Exception as error:  # noqa: BLE001 - another fault may have hit the same server
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
