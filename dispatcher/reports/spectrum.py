"""Spectrograms of recordings of any length, gathered while they stream by."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatcher.reports.work import Span
from storage.audio.blocks import Mono

#: Hertz, from below the deepest voice to above what makes a voice bright.
LOWEST, HIGHEST = 60.0, 12_000.0
#: Rows of a spectrogram: 32 an octave.
BANDS = 245
#: Windows in one column; more of a long recording would show nothing else.
WINDOWS_A_COLUMN = 3

Power = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """Which seconds are looked at, in how many columns, through windows of how many seconds."""

    span: Span
    columns: int
    window: float


class Spectrum:
    """The mean power by band and column, from windows at even distances."""

    def __init__(self, view: View, rate: int) -> None:
        self.view = view
        self.rate = rate
        self.size = 2 ** round(np.log2(view.window * rate))
        self.hop = max(round(view.span.seconds / view.columns * rate / WINDOWS_A_COLUMN), 1)
        self.bands = _bands(self.size, rate)
        self.power: Power = np.zeros((BANDS, view.columns))
        self.windows = np.zeros(view.columns)
        # Where the next window begins, and the last one; the first is centred on the first sample that counts.
        self.next = round(view.span.start * rate) - self.size // 2
        self.last = round(view.span.end * rate) - self.size // 2
        self.held: Mono = np.zeros(max(-self.next, 0), np.float32)
        self.end = 0
        """Position behind the last sample held."""

    def push(self, samples: Mono) -> None:
        """More of the recording, from its beginning on."""
        if self.next > self.last:
            return
        self.end += len(samples)
        self.held = np.concatenate([self.held, samples])
        self.held = self.held[max(self.next - self.end + len(self.held), 0) :]
        windows = min((len(self.held) - self.size) // self.hop, (self.last - self.next) // self.hop) + 1
        if windows > 0:
            self._add(windows)

    def finish(self) -> Power:
        """The mean power; the end of the recording is looked at with silence behind it."""
        self.push(np.zeros(self.size // 2, np.float32))
        seen = np.flatnonzero(self.windows)
        if not len(seen):
            return self.power
        mean = self.power[:, seen] / self.windows[seen]
        nearest = np.abs(np.arange(self.view.columns)[:, None] - seen).argmin(axis=1)
        filled: Power = mean[:, nearest]
        return filled

    def _add(self, windows: int) -> None:
        import librosa

        samples = self.held[: (windows - 1) * self.hop + self.size]
        spectra = librosa.stft(samples, n_fft=self.size, hop_length=self.hop, center=False)
        centres = (self.next + self.size // 2 + np.arange(windows) * self.hop) / self.rate
        share = (centres - self.view.span.start) / self.view.span.seconds
        columns = np.clip((share * self.view.columns).astype(int), 0, self.view.columns - 1)
        np.add.at(self.power.T, columns, (self.bands @ np.abs(spectra) ** 2).T)
        np.add.at(self.windows, columns, 1.0)
        self.next += windows * self.hop


def band_edges() -> Power:
    """The edges of the bands in hertz, evenly spaced to the ear."""
    return np.geomspace(LOWEST, HIGHEST, BANDS + 1)


def decibels(power: Power) -> Power:
    """Power as decibels below the loudest."""
    import librosa

    level: Power = librosa.power_to_db(power, ref=max(float(power.max()), 1e-10), amin=1e-20, top_db=None)
    return level


def _bands(size: int, rate: int) -> Power:
    """A matrix from a transform's bins to bands: the mean of those in it, or between the two that lie around it."""
    edges = band_edges()
    spacing, top = rate / size, size // 2
    rows = np.zeros((BANDS, top + 1))
    for band, (low, high) in enumerate(zip(edges[:-1] / spacing, edges[1:] / spacing, strict=True)):
        inside = np.arange(np.ceil(low), np.floor(high) + 1).astype(int)
        if high >= top:
            # The recording holds nothing up there.
            continue
        if len(inside) > 1:
            rows[band, inside] = 1.0 / len(inside)
        else:
            middle = np.sqrt(low * high)
            below = int(middle)
            rows[band, [below, below + 1]] = 1.0 - (middle - below), middle - below
    return rows
