"""Clicks, as bad joins and lost samples make them: moments at which the wave bends as it does nowhere around."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Mono

#: Seconds around a moment with which it is compared.
_AROUND = 0.03
#: Seconds of one moment.
_MOMENT = 0.002
#: How many times as sharp as the sharpest bends around it a click is, and how sharp at the least: -46 dB. The pulses
#: of a voice come again and again, so each has its like close by.
_SHARPER, _SHARPEST = 6.0, 10.0 ** (-46.0 / 20.0)


#: Moments that are looked at together, which bounds the memory.
_BLOCK = 1 << 16

Bends = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Click:
    """One of them."""

    seconds: float
    times: float
    """How many times as sharp it is as what is around it."""


class ClickFinder:
    """Hears a recording at its own rate, in pieces of any length."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.moment = max(round(_MOMENT * rate), 1)
        self._held: Mono = np.zeros(0, np.float32)
        self._bends: list[Bends] = []

    def push(self, samples: Mono) -> None:
        """More of it."""
        self._held = np.concatenate([self._held, samples])
        whole = (len(self._held) - 2) // self.moment
        if whole > 0:
            bends = np.abs(np.diff(self._held[: whole * self.moment + 2], 2)).reshape(whole, self.moment)
            self._bends.append(bends.max(axis=1))
            self._held = self._held[whole * self.moment :]

    def finish(self) -> list[Click]:
        """All clicks."""
        bends = np.concatenate(self._bends) if self._bends else np.zeros(0, np.float32)
        blocks = range(0, len(bends), _BLOCK)
        return [click for first in blocks for click in self._judged(bends, first, min(first + _BLOCK, len(bends)))]

    def _judged(self, bends: Bends, first: int, stop: int) -> Iterator[Click]:
        """The clicks among these moments, each of which is compared with what is around it."""
        reach = round(_AROUND / _MOMENT)
        padded = np.pad(
            bends[max(first - reach, 0) : stop + reach], (max(reach - first, 0), max(stop + reach - len(bends), 0))
        )
        around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).copy()
        here, before, after = around[:, reach].copy(), around[:, reach - 1].copy(), around[:, reach + 1].copy()
        # A click may lie between two moments, so its neighbours are not what it is compared with.
        around[:, reach - 1 : reach + 2] = 0.0
        times = here / np.maximum(around.max(axis=1), _SHARPEST / _SHARPER)
        is_peak = (here >= before) & (here > after)
        for place in np.flatnonzero(is_peak & (here > _SHARPEST) & (times > _SHARPER)):
            yield Click((first + int(place)) * self.moment / self.rate, float(times[place]))
