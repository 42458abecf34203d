"""Taking noise out of a recording: what is there all the time is turned down, frequency by frequency."""

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import EqualBlocks, Frames, Mono
from workers.effects.effect import Effect, Shape, Stream
from workers.effects.levels import factor
from workers.effects.settings import Unit, setting

#: Seconds of a window at most; it is a power of two samples.
_WINDOW = 0.05
#: Windows that lie over each moment.
_OVERLAP = 4
#: Windows of a stretch, in which the quietest moment is looked for: about a second.
_STRETCH = 96
#: Stretches before and after one whose quietest moments count as its noise.
_AROUND = 4
#: Windows that are looked at together, so that one of them is not quiet by chance.
_TOGETHER = 16
#: By how much the mean power of a noise is above its quietest moment, found so; measured with white noise.
_ABOVE_QUIETEST = 2.8
#: What is louder than the noise by less than this factor counts as noise.
_SURELY = 2.0
#: Windows and frequencies over which gains are evened out, so that no single tones flicker.
_EVEN = 3
#: Power of a frequency in a window below which it holds no sound at all.
_NOTHING = 1e-16

Powers = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class ReduceNoise(Effect):
    """Turns down noise that is there all the time, such as hiss, fans and hum, also while somebody speaks."""

    name: ClassVar[str] = "reduce-noise"
    amount: float = setting(Unit.DECIBELS, 0.0, 40.0, "by how much at most", 12.0)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Channels([_Reducing(self.amount, shape.rate) for _ in range(shape.channels)])


class _Channels:
    """Channels side by side, each by itself."""

    def __init__(self, streams: "list[_Reducing]") -> None:
        self._streams = streams

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are ready."""
        return np.stack([one.push(frames[:, place]) for place, one in enumerate(self._streams)], axis=1)

    def finish(self) -> Frames:
        """Return the last frames."""
        return np.stack([one.finish() for one in self._streams], axis=1)


class _Reducing:
    """One channel: windows begin at absolute positions, and each stretch of them waits until its noise is known."""

    def __init__(self, amount: float, rate: int) -> None:
        self._size = 1 << int(np.log2(_WINDOW * rate))
        self._hop = self._size // _OVERLAP
        self._least = np.float32(factor(-amount))
        turn = 2 * np.pi * np.arange(self._size) / self._size
        # The root of Hann's window on the way in and out: together they add up to two at every moment.
        self._window = np.sqrt(0.5 - 0.5 * np.cos(turn)).astype(np.float32)
        self._stretches = EqualBlocks(_STRETCH * self._hop)
        self._behind = np.zeros(self._size - self._hop, np.float32)
        """The samples before the stretch that its first windows begin with."""
        self._waiting: deque[tuple[Spectra, Powers]] = deque()
        self._quietest: deque[Powers] = deque(maxlen=2 * _AROUND + 1)
        self._cut = 0
        """Stretches whose noise was looked for."""
        self._tail = np.zeros(self._size, np.float32)
        """What windows given already have beyond the last sample given."""
        self._before: npt.NDArray[np.float32] | None = None
        self._late = self._size - self._hop
        """Samples that must come out before the first that went in."""
        self._taken = self._given = 0

    def push(self, samples: Mono) -> Mono:
        """Take samples, and return those whose noise is known."""
        self._taken += len(samples)
        out = [self._look(stretch) for stretch in self._stretches.push(samples)]
        return self._together(out)

    def finish(self) -> Mono:
        """Return the last samples: behind the end there is silence, in which no noise is looked for."""
        missing = self._taken - self._given
        rest = self._stretches.rest()
        # Its windows reach over the end, and so do those of a stretch behind it.
        full = _STRETCH * self._hop
        last = np.concatenate([rest, np.zeros(full - len(rest), np.float32)])
        heard = len(rest) // self._hop
        out = [self._look(last, heard), self._look(np.zeros(full, np.float32), 0)]
        while self._waiting:
            out.append(self._reduce())
        return self._together(out)[:missing]

    def _together(self, parts: list[Mono]) -> Mono:
        out: Mono = np.concatenate(parts) if parts else np.empty(0, np.float32)
        early = min(self._late, len(out))
        self._late -= early
        self._given += len(out) - early
        return out[early:]

    def _look(self, stretch: Mono, heard: int = _STRETCH) -> Mono:
        """Take in a stretch, of which so many windows hold sound; returns the one whose surroundings are known now."""
        samples = np.concatenate([self._behind, stretch])
        self._behind = samples[-len(self._behind) :]
        windows = np.lib.stride_tricks.sliding_window_view(samples, self._size)[:: self._hop]
        spectra = np.fft.rfft(windows * self._window)
        powers = np.square(spectra.real) + np.square(spectra.imag)
        self._waiting.append((spectra.astype(np.complex64, copy=False), powers))
        self._quietest.append(_quietest(powers[:heard]))
        self._cut += 1
        return self._reduce() if self._cut > _AROUND else np.empty(0, np.float32)

    def _reduce(self) -> Mono:
        spectra, powers = self._waiting.popleft()
        quietest = np.min(np.stack(list(self._quietest)), axis=0)
        # Where nothing was heard that could be noise, nothing is taken for it.
        noise = np.where(np.isfinite(quietest), quietest * np.float32(_ABOVE_QUIETEST), np.float32(0.0))
        return self._overlapped(spectra * self._gains(powers, noise))

    def _gains(self, powers: Powers, noise: Powers) -> Powers:
        """How much of each frequency stands out of the noise, looked at with its neighbours and the last windows."""
        even = _over_neighbours(powers)
        before = even[:1].repeat(_EVEN - 1, axis=0) if self._before is None else self._before
        self._before = even[1 - _EVEN :]
        lead = np.concatenate([before, even])
        late: Powers = np.add.reduce([lead[place : place + len(even)] for place in range(_EVEN)]) / np.float32(_EVEN)
        clear = 1.0 - np.float32(_SURELY) * noise / np.maximum(late, np.float32(_NOTHING))
        gains: Powers = np.maximum(clear, self._least)
        return gains

    def _overlapped(self, spectra: Spectra) -> Mono:
        pieces = np.fft.irfft(spectra, self._size) * (self._window / np.float32(_OVERLAP / 2))
        hop, count = self._hop, len(pieces)
        out = np.zeros(count * hop + self._size, np.float32)
        out[: self._size] = self._tail
        for place in range(_OVERLAP):
            quarter = pieces[:, place * hop : (place + 1) * hop].reshape(-1)
            out[place * hop : place * hop + len(quarter)] += quarter
        self._tail = out[count * hop :].copy()
        return out[: count * hop]


def _quietest(powers: Powers) -> Powers:
    """Each frequency's quietest moment in a stretch; one of too few windows has none."""
    if len(powers) < _TOGETHER:
        return np.full(powers.shape[1], np.inf, np.float32)
    sums = np.cumsum(np.concatenate([np.zeros((1, powers.shape[1])), powers]), axis=0)
    even = (sums[_TOGETHER:] - sums[:-_TOGETHER]) / _TOGETHER
    # Digital silence is a pause of the recorder, not of the noise.
    quietest: Powers = np.where(even > _NOTHING, even, np.inf).min(axis=0).astype(np.float32)
    even_out: Powers = _over_neighbours(quietest[None])[0]
    return even_out


def _over_neighbours(powers: Powers) -> Powers:
    """Each frequency with its neighbours: alone, a frequency of noise is loud or quiet by chance."""
    padded = np.pad(powers, ((0, 0), (_EVEN // 2, _EVEN // 2)), mode="edge")
    count = powers.shape[1]
    even: Powers = np.add.reduce([padded[:, place : place + count] for place in range(_EVEN)]) / np.float32(_EVEN)
    return even
