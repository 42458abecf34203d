"""How alike two pitch tracks are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pitch = npt.NDArray[np.float64]
#: A frame this far off, in cents, is taken for another note.
ANOTHER_NOTE = 50.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """The comparison of two pitch tracks."""

    voiced_in_both: float
    """The frames voiced in both, as a share of those voiced in either."""
    median_cents: float
    """The median distance in cents, up or down."""
    other_notes: float
    """The share of frames voiced in both that are another note."""


def compare(source: Pitch, result: Pitch, transpose: float) -> Likeness:
    """Compare the result's pitch with the source's, moved by this many semitones."""
    frames = min(len(source), len(result))
    wanted, heard = source[:frames] * 2.0 ** (transpose / 12.0), result[:frames]
    both = (wanted > 0.0) & (heard > 0.0)
    either = (wanted > 0.0) | (heard > 0.0)
    if not both.any():
        return Likeness(0.0, float("inf"), 1.0)
    cents = np.abs(1200.0 * np.log2(heard[both] / wanted[both]))
    return Likeness(both.sum() / either.sum(), float(np.median(cents)), float((cents > ANOTHER_NOTE).mean()))
