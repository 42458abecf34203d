"""Whether a converted recording sings what the source sang: for those who have trained weights.

`voicefarm sample song.wav`, convert it, then `python -m bench.quality song.wav result.wav --transpose 12`: the pitch of
both is found by the same method and compared frame by frame.
"""

import argparse
from pathlib import Path

import soundfile
import soxr

from testing.pitch_likeness import Pitch, compare
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.pitch_finding import world_pitch

#: Where pitch is looked for, in hertz.
LOW, HIGH = 50.0, 1100.0


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
