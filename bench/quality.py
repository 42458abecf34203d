"""Whether a converted recording sings what the source sang: for those who have trained weights.

`voicefarm sample song.wav`, convert it, then `python -m bench.quality song.wav result.wav --transpose 12`: the pitch of
both is found by the same method and compared frame by frame.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.pitch.analysis import world_pitch

Pitch = npt.NDArray[np.float64]
#: Where pitch is looked for, in hertz.
LOW, HIGH = 50.0, 1100.0
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


def pitch_of(path: Path) -> Pitch:
    """The pitch of a file, every 10 ms."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return world_pitch(soxr.resample(samples.mean(1), rate, ANALYSIS_RATE), "harvest", LOW, HIGH)


def main() -> None:
    """Compare two files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--transpose", type=float, default=0.0)
    arguments = parser.parse_args()
    found = compare(pitch_of(arguments.source), pitch_of(arguments.result), arguments.transpose)
    print(f"voiced in both: {found.voiced_in_both:.1%} of the frames voiced in either")
    print(f"median distance: {found.median_cents:.1f} cents; another note in {found.other_notes:.1%}")


if __name__ == "__main__":
    main()
