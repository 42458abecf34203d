"""What has changed between two measurements of a device, beyond what chance does."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.measuring.figure import Better, Figure
from workers.measuring.measurement import Measurement

#: Samples drawn with replacement, and the share of their results between the ends of an interval.
_DRAWN, _SURE = 4000, 0.95
#: A figure of one value alone is taken to be as far off as this, because nothing tells how far it is.
_UNKNOWN = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in both, and how it changed."""

    suite: str
    name: str
    unit: str
    before: float
    after: float
    gain: float
    """How much better it is now, as a share of what it was; below zero if it is worse."""
    low: float
    high: float
    """Between which gains the true one lies, as far as the runs tell."""

    @property
    def is_sure(self) -> bool:
        """Whether it is more than noise."""
        return self.low > 0.0 or self.high < 0.0

    def is_regression(self, limit: float) -> bool:
        """Whether it is worse by more than this share, and surely worse."""
        return self.gain < -limit and self.high < 0.0


def changes(old: Measurement, new: Measurement) -> tuple[Change, ...]:
    """All figures that both have, the worst change first."""
    return tuple(sorted(_changes(old, new), key=lambda one: one.gain))


def _changes(old: Measurement, new: Measurement) -> Iterator[Change]:
    before = {(one.suite, one.name, one.unit, one.remark): one for one in old.figures}
    for after in new.figures:
        was = before.get((after.suite, after.name, after.unit, after.remark))
        if was is not None and was.unit != "dB" and was.median > 0.0 and after.median > 0.0:
            yield _change(was, after)


def _change(was: Figure, now: Figure) -> Change:
    gains = _gains(_medians(now, 1) / _medians(was, 0), now.better)
    gain = _gains(np.asarray(now.median / was.median), now.better)
    low, high = np.quantile(gains, [(1.0 - _SURE) / 2.0, (1.0 + _SURE) / 2.0])
    return Change(now.suite, now.name, now.unit, was.median, now.median, float(gain), float(low), float(high))


def _gains(ratios: npt.NDArray[np.float64], better: Better) -> npt.NDArray[np.float64]:
    """How much better figures are by the ratios of new to old."""
    return np.asarray((ratios if better is Better.MORE else 1.0 / ratios) - 1.0)


def _medians(figure: Figure, seed: int) -> npt.NDArray[np.float64]:
    """The medians that other runs might have given: of as many values, drawn with replacement."""
    random = np.random.default_rng(seed)
    values = np.asarray(figure.values, np.float64)
    if len(values) == 1:
        return np.asarray(values[0] * random.uniform(1.0 - _UNKNOWN, 1.0 + _UNKNOWN, _DRAWN))
    drawn: npt.NDArray[np.float64] = np.median(random.choice(values, (_DRAWN, len(values))), axis=1)
    return drawn
