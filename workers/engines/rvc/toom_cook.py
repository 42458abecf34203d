"""Short convolutions by the Toom-Cook method, which Winograd made popular: fewer products for the same sum.

`outputs` values of a convolution with `taps` weights follow from a polynomial product, which is determined by as many
points as it has coefficients: `outputs + taps - 1` products instead of `outputs * taps`. The matrices are calculated
in fractions, so that nothing is rounded before the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Row = list[Fraction]

#: Points at which the polynomials are evaluated, besides infinity; small, and with small inverses, because rounding
#: errors would otherwise grow.
POINTS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2")))


@dataclass(frozen=True, slots=True)
class ToomCook:
    """Matrices such that `gather @ ((weigh @ weights) * (spread @ inputs))` is the convolution; one input per point."""

    spread: Matrix
    weigh: Matrix
    gather: Matrix


def toom_cook(outputs: int, taps: int) -> ToomCook:
    """The three matrices, scaled so that no intermediate value becomes larger than the inputs and outputs."""
    points = POINTS[: outputs + taps - 2]
    others = [[p - q for q in points if q != p] for p in points]
    weigh = [[p**tap / prod(apart) for tap in range(taps)] for p, apart in zip(points, others, strict=True)]
    gather = [[*(p**n for p in points), Fraction(int(n == outputs - 1))] for n in range(outputs)]
    spread = [[*_polynomial([q for q in points if q != p]), Fraction(0)] for p in points]
    return _scaled(
        np.array([*spread, _polynomial(points)], np.float64),
        np.array([*weigh, [Fraction(int(tap == taps - 1)) for tap in range(taps)]], np.float64),
        np.array(gather, np.float64),
    )


def _polynomial(roots: Sequence[Fraction]) -> Row:
    """The coefficients of the polynomial with these roots, the constant first."""
    row = [Fraction(1)]
    for root in roots:
        row = [(row[n - 1] if n else 0) - root * (row[n] if n < len(row) else 0) for n in range(len(row) + 1)]
    return row


def _scaled(spread: Matrix, weigh: Matrix, gather: Matrix) -> ToomCook:
    rows = np.abs(spread).sum(axis=1)
    columns = np.abs(gather).max(axis=0)
    return ToomCook(spread / rows[:, None], weigh * (rows * columns)[:, None], gather / columns)
