"""The energy that a machine takes for its work, where it tells."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from workers.measuring.watching import drawn_watts, is_power_looked_at

#: Where Linux counts what processors take, in microjoules, for those who may read it.
POWERCAP = Path("/sys/class/powercap")
_MICROJOULES = 1e6
#: Seconds between two looks at a device's power.
_EVERY = 0.2
#: Seconds of work in which there are enough such looks, and how often it is done.
_LONG_ENOUGH, _GOES = 2.0, 3


@dataclass(slots=True)
class Spent:
    """The joules that some work took; None until it is over, and where nothing tells."""

    joules: float | None = None


def sampled(work: Callable[[], object], capability: str, environment: Mapping[str, str]) -> tuple[float, ...]:
    """The joules of some work, of several goes that are long enough to be looked at; empty where nothing tells."""
    found: list[float] = []
    for _ in range(_GOES):
        times, began = 0, time.monotonic()
        with counted(capability, environment) as spent:
            while time.monotonic() - began < _LONG_ENOUGH:
                work()
                times += 1
        if spent.joules is None:
            return ()
        found.append(spent.joules / times)
    return tuple(found)


@contextmanager
def counted(capability: str, environment: Mapping[str, str], folder: Path = POWERCAP) -> Iterator[Spent]:
    """Count what the device takes for the block."""
    spent = Spent()
    if is_power_looked_at(capability):
        with _sampled(lambda: drawn_watts(capability, environment), spent):
            yield spent
        return
    before = _joules(folder)
    yield spent
    after = _joules(folder)
    # The counter wraps around every few hours; that once is not counted.
    if before is not None and after is not None and after >= before:
        spent.joules = after - before


def _joules(folder: Path) -> float | None:
    """What all processors of the machine have taken so far."""
    try:
        counters = [path / "energy_uj" for path in folder.glob("intel-rapl:*") if path.name.count(":") == 1]
        return sum(int(path.read_text()) for path in counters) / _MICROJOULES if counters else None
    except (OSError, ValueError):
        return None


@dataclass(slots=True)
class _Sampler:
    """Looks at the power again and again, and adds up what was drawn between two looks."""

    look: Callable[[], float | None]
    over: Event = field(default_factory=Event)
    joules: float = 0.0
    is_told: bool = True

    def run(self) -> None:
        """Until it is over."""
        before = time.monotonic()
        while not self.over.wait(_EVERY):
            watts, now = self.look(), time.monotonic()
            if watts is None:
                self.is_told = False
                return
            self.joules += watts * (now - before)
            before = now


@contextmanager
def _sampled(look: Callable[[], float | None], spent: Spent) -> Iterator[None]:
    sampler = _Sampler(look)
    thread = Thread(target=sampler.run, name="energy", daemon=True)
    thread.start()
    try:
        yield
    finally:
        sampler.over.set()
        thread.join()
    if sampler.is_told and sampler.joules:
        spent.joules = sampler.joules
