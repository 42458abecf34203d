"""Check that a converted recording sings what the source sang, if you have trained weights.

Run `voicefarm sample song.wav`, convert it, then run `python -m bench.quality song.wav result.wav --transpose 12`: it
finds the pitch of both by the same method and compares them frame by frame.
"""

import argparse
from pathlib import Path

import soundfile
import soxr

from testing.pitch_likeness import Pitch, compare
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.pitch_finding import world_pitch

#: Range of the pitch, in hertz.
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
    print(f"median distance: {found.median_cents:.1f} cents; wrong note in {found.other_notes:.1%}")


if __name__ == "__main__":
    main()
