"""What a listener would notice where two atoms meet: a click, or a change of the spectrum."""

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float32]

#: Samples on each side of a join in which a click would be, and those around it to compare with.
AT, AROUND = 3, 480
SPECTRUM, HOP = 512, 128


def click(signal: Signal, join: int) -> float:
    """How sharply the signal bends at the join, as a share of the sharpest bend around it."""
    bends = np.abs(np.diff(signal.astype(np.float64), 2))
    inside = bends[join - AT - 1 : join + AT - 1]
    around = np.concatenate([bends[join - AROUND : join - AT - 1], bends[join + AT - 1 : join + AROUND]])
    return float(inside.max() / around.max()) if inside.any() else 0.0


def clicked(signal: Signal, join: int, loud: float) -> Signal:
    """The signal with a jump at the join that fades within 10 ms; `loud` is a share of the signal's own loudness."""
    jump = np.zeros(len(signal), np.float32)
    fading = np.arange(AROUND // 2)
    jump[join : join + len(fading)] = loud * signal.std() * np.exp(-fading / 80.0)
    return signal + jump


def likeness(one: Signal, other: Signal) -> float:
    """Correlation of two magnitude spectrograms."""
    return float(np.corrcoef(_spectrogram(one).ravel(), _spectrogram(other).ravel())[0, 1])


def _spectrogram(signal: Signal) -> npt.NDArray[np.float64]:
    windows = np.lib.stride_tricks.sliding_window_view(signal.astype(np.float64), SPECTRUM)[::HOP]
    return np.abs(np.fft.rfft(windows * np.hanning(SPECTRUM)))
