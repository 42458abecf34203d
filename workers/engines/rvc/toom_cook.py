"""Short convolutions by Toom and Cook's method, which Winograd made known: fewer products for the same sum.

`outputs` values of a convolution with `taps` weights are values of a polynomial product, which is known from as many
points as it has coefficients: `outputs + taps - 1` products instead of `outputs * taps`. Worked out from the method,
in fractions, so that nothing is rounded before it must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Row = list[Fraction]

#: Where the polynomials are looked at, beside infinity. Small and with small inverses, or rounding errors grow.
POINTS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2")))


@dataclass(frozen=True, slots=True)
class ToomCook:
    """`gather @ ((weigh @ weights) * (spread @ inputs))` is the convolution, `inputs` being as many as points."""

    spread: Matrix
    weigh: Matrix
    gather: Matrix


def toom_cook(outputs: int, taps: int) -> ToomCook:
    """The three matrices, scaled such that nothing on the way becomes larger than what goes in and out."""
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
    """Coefficients of the polynomial with these roots, the constant first."""
    row = [Fraction(1)]
    for root in roots:
        row = [(row[n - 1] if n else 0) - root * (row[n] if n < len(row) else 0) for n in range(len(row) + 1)]
    return row


def _scaled(spread: Matrix, weigh: Matrix, gather: Matrix) -> ToomCook:
    rows = np.abs(spread).sum(axis=1)
    columns = np.abs(gather).max(axis=0)
    return ToomCook(spread / rows[:, None], weigh * (rows * columns)[:, None], gather / columns)
