"""Recordings, good and bad, for one batch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from testing.sounds import Samples, encoded, noise, pcm16, tone, wav

RATE = 16_000
HUGE = 100 * 2**30
GOOD = wav(pcm16(tone(RATE, RATE)))
#: Where the size of the data is, in eight bytes.
RF64 = encoded(tone(RATE, RATE), RATE, "RF64", "PCM_16")
RF64_SIZE_AT = 28


def _with(value: float) -> bytes:
    samples = tone(RATE, RATE)
    samples[RATE // 2] = value
    return encoded(samples, RATE, "WAV", "FLOAT")


#: Name, bytes, and words from the sentence that says what is wrong and what to do.
BAD: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty.wav": (b"", ("is empty", "copy the file again")),
    "diary.wav": (b"dear diary, nothing happened today\n" * 40, ("is text, not sound", "give a recording")),
    "header.wav": (GOOD[:30], ("is cut off before its sound begins", "copy the file again")),
    "half.wav": (GOOD[: 44 + RATE], ("promises 1.000 s", "holds only 0.500 s", "--allow-truncated")),
    "huge.wav": (
        RF64[:RF64_SIZE_AT] + HUGE.to_bytes(8, "little") + RF64[RF64_SIZE_AT + 8 :],
        ("promises 3355443.200 s", "holds only 1.000 s", "copy the file again"),
    ),
    "nothing.wav": (wav(b""), ("holds no samples", "check how it was recorded")),
    "nan.wav": (_with(np.nan), ("not finite", "at sample 8000", "export the recording again")),
    "inf.wav": (_with(np.inf), ("not finite", "at sample 8000", "export the recording again")),
    "slow.wav": (wav(pcm16(tone(1000, 1000)), 1_000), ("sample rate of 1000 Hz", "resample it first")),
    "fast.wav": (wav(pcm16(tone(1000, 1000)), 1_000_000), ("sample rate of 1000000 Hz", "resample it first")),
}
#: These look like recordings until they are read.
FAIL_LATE = {"nan.wav", "inf.wav"}

_MADE: dict[str, tuple[Callable[[], Samples], int]] = {
    "plain.wav": (lambda: tone(70_001, 44_100), 44_100),
    "sample.wav": (lambda: tone(1, RATE) + 0.1, RATE),
    "speck.wav": (lambda: tone(1, 96_000) + 0.1, 96_000),
    "silence.wav": (lambda: np.zeros(48_000 * 2, np.float32), 48_000),
    "crowd.wav": (lambda: noise(24_001, 64), 48_000),
    "lossless.flac": (lambda: tone(33_333, 22_050), 22_050),
}
#: Names, frames and rates of the good recordings.
GOOD_ONES = {name: (len(make()), rate) for name, (make, rate) in _MADE.items()}


def write_good(folder: Path) -> None:
    for name, (make, rate) in _MADE.items():
        container = "FLAC" if name.endswith("flac") else "WAV"
        (folder / name).write_bytes(encoded(make(), rate, container, "PCM_16"))


def write_bad(folder: Path) -> None:
    for name, (content, _) in BAD.items():
        (folder / name).write_bytes(content)
