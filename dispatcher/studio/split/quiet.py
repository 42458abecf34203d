"""Where to cut: at the quietest moment that the limits allow."""

import numpy as np
import numpy.typing as npt

#: Cells (20 ms) on each side of a cut that count for its quietness: 100 ms in all, longer than a stop consonant's gap.
REACH = 2


def cell_energies(samples: npt.NDArray[np.float32], cell: int) -> npt.NDArray[np.float64]:
    """Energy of every whole cell."""
    whole = samples[: len(samples) // cell * cell].reshape(-1, cell).astype(np.float64)
    energies: npt.NDArray[np.float64] = np.einsum("ij,ij->i", whole, whole)
    return energies


def quietest_cut(energies: npt.NDArray[np.float64], earliest: int, latest: int) -> int:
    """The cell boundary in `earliest..latest` with the least sound around it; the latest of equals.

    In digital silence all are equal, and the latest makes the fewest atoms.
    """
    sums = np.concatenate([[0.0], np.cumsum(energies)])
    cuts = np.arange(earliest, latest + 1)
    low = np.maximum(cuts - REACH, 0)
    high = np.minimum(cuts + REACH + 1, len(energies))
    loudness = (sums[high] - sums[low]) / (high - low)
    # A running sum accumulates rounding: differences below that count as equal.
    quiet_enough = loudness <= loudness.min() + 1e-12 * (1.0 + sums[-1])
    return int(cuts[np.flatnonzero(quiet_enough)[-1]])
