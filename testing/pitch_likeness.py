"""How alike two pitch tracks are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pitch = npt.NDArray[np.float64]
#: A frame this far off, in cents, is taken for another note.
ANOTHER_NOTE = 50.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two pitch tracks compared."""

    voiced_in_both: float
    """Share of the frames voiced in either."""
    median_cents: float
    """How far off the middle frame is, either way."""
    other_notes: float
    """Share of the frames voiced in both that are another note."""


def compare(source: Pitch, result: Pitch, transpose: float) -> Likeness:
    """The result's pitch against the source's, moved by so many semitones."""
    frames = min(len(source), len(result))
    wanted, heard = source[:frames] * 2.0 ** (transpose / 12.0), result[:frames]
    both = (wanted > 0.0) & (heard > 0.0)
    either = (wanted > 0.0) | (heard > 0.0)
    if not both.any():
        return Likeness(0.0, float("inf"), 1.0)
    cents = np.abs(1200.0 * np.log2(heard[both] / wanted[both]))
    return Likeness(both.sum() / either.sum(), float(np.median(cents)), float((cents > ANOTHER_NOTE).mean()))
