"""Filters that take out or bring out a part of the spectrum.

Their sections are those of Robert Bristow-Johnson's cookbook of equaliser formulas, which carry the classic analogue
filters over to samples. What lies beyond half a recording's rate is not in it, so a filter up there does nothing.
"""

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workers.effects.linear import Floats, Linear, Spectrum, by_sections
from workers.effects.settings import Unit, setting

#: Part of half the rate up to which a filter's frequency is taken as it is; what is beyond has no room to act.
_ROOM = 0.98
#: The quality of a single section of the second order without a hump.
FLAT = math.sqrt(0.5)


def _frequency(meaning: str = "where it acts") -> float:
    return setting(Unit.HERTZ, 1.0, 96_000.0, meaning)  # type: ignore[no-any-return]


def _order() -> int:
    return setting(  # type: ignore[no-any-return]
        Unit.PLAIN, 1, 12, "how steep: 6 dB an octave for each", 2, is_whole=True
    )


def _q(usual: float) -> float:
    return setting(Unit.PLAIN, 0.1, 30.0, "how narrow", usual)  # type: ignore[no-any-return]


def _gain() -> float:
    return setting(Unit.DECIBELS, -40.0, 40.0, "how much louder or quieter")  # type: ignore[no-any-return]


class Filter(Linear):
    """A filter made of sections of the second order."""

    def response(self, rate: int, size: int) -> Spectrum:
        """The response of all its sections."""
        return by_sections(list(self.sections(rate)), size)

    @abstractmethod
    def sections(self, rate: int) -> Iterator[Floats]:
        """Its sections; none where it does nothing."""


@dataclass(frozen=True)
class HighPass(Filter):
    """Takes out what is lower than a frequency, such as rumble and thumps."""

    name: ClassVar[str] = "highpass"
    frequency: float = _frequency("what is lower goes")
    order: int = _order()

    def sections(self, rate: int) -> Iterator[Floats]:
        """A Butterworth filter's."""
        angle = _angle(self.frequency, rate)
        yield from (_high(angle, q) for q in _butterworth(int(self.order)))


@dataclass(frozen=True)
class LowPass(Filter):
    """Takes out what is higher than a frequency, such as hiss."""

    name: ClassVar[str] = "lowpass"
    frequency: float = _frequency("what is higher goes")
    order: int = _order()

    def sections(self, rate: int) -> Iterator[Floats]:
        """A Butterworth filter's."""
        if self.frequency < _ROOM * rate / 2:
            angle = _angle(self.frequency, rate)
            yield from (_low(angle, q) for q in _butterworth(int(self.order)))


@dataclass(frozen=True)
class BandPass(Filter):
    """Keeps what is between two frequencies, as a telephone does."""

    name: ClassVar[str] = "bandpass"
    low: float = _frequency("what is lower goes")
    high: float = _frequency("what is higher goes")
    order: int = _order()

    def sections(self, rate: int) -> Iterator[Floats]:
        """A high-pass and a low-pass."""
        yield from HighPass(self.low, self.order).sections(rate)
        yield from LowPass(self.high, self.order).sections(rate)


@dataclass(frozen=True)
class BandStop(Filter):
    """Takes out one frequency and what is close to it, such as a hum or a whistle."""

    name: ClassVar[str] = "bandstop"
    frequency: float = _frequency("what goes")
    q: float = _q(8.0)

    def sections(self, rate: int) -> Iterator[Floats]:
        """A notch."""
        if self.frequency < _ROOM * rate / 2:
            cosine, alpha = _turn(_angle(self.frequency, rate), self.q)
            yield np.array([1.0, -2 * cosine, 1.0, 1 + alpha, -2 * cosine, 1 - alpha])


@dataclass(frozen=True)
class Equaliser(Filter):
    """Makes the surroundings of a frequency louder or quieter."""

    name: ClassVar[str] = "eq"
    frequency: float = _frequency()
    gain: float = _gain()
    q: float = _q(1.0)

    def sections(self, rate: int) -> Iterator[Floats]:
        """A peak."""
        if self.frequency < _ROOM * rate / 2:
            root = _root(self.gain)
            cosine, alpha = _turn(_angle(self.frequency, rate), self.q)
            yield np.array(
                [1 + alpha * root, -2 * cosine, 1 - alpha * root, 1 + alpha / root, -2 * cosine, 1 - alpha / root]
            )


@dataclass(frozen=True)
class LowShelf(Filter):
    """Makes all that is low louder or quieter: warmth, or less of it."""

    name: ClassVar[str] = "lowshelf"
    frequency: float = _frequency("where it begins")
    gain: float = _gain()
    q: float = _q(FLAT)

    def sections(self, rate: int) -> Iterator[Floats]:
        """A shelf."""
        yield _shelf(_angle(self.frequency, rate), self.q, _root(self.gain), 1.0)


@dataclass(frozen=True)
class HighShelf(Filter):
    """Makes all that is high louder or quieter: air, or less sharpness."""

    name: ClassVar[str] = "highshelf"
    frequency: float = _frequency("where it begins")
    gain: float = _gain()
    q: float = _q(FLAT)

    def sections(self, rate: int) -> Iterator[Floats]:
        """The low shelf's, mirrored."""
        if self.frequency < _ROOM * rate / 2:
            yield _shelf(_angle(self.frequency, rate), self.q, _root(self.gain), -1.0)


@dataclass(frozen=True)
class Tilt(Filter):
    """Turns the whole spectrum about a frequency: what is higher gets louder, what is lower quieter, or the reverse."""

    name: ClassVar[str] = "tilt"
    gain: float = setting(Unit.DECIBELS, -24.0, 24.0, "from one end to the other")
    frequency: float = setting(Unit.HERTZ, 1.0, 96_000.0, "what stays as it is", 1000.0)

    def sections(self, rate: int) -> Iterator[Floats]:
        """Two wide shelves that meet."""
        half = self.gain / 2
        yield from LowShelf(self.frequency, -half, q=0.4).sections(rate)
        yield from HighShelf(self.frequency, half, q=0.4).sections(rate)


@dataclass(frozen=True)
class RemoveDc(Filter):
    """Takes out what does not move: an offset that some recorders leave."""

    name: ClassVar[str] = "remove-dc"

    def sections(self, rate: int) -> Iterator[Floats]:
        """A gentle high-pass far below all that is heard."""
        yield from HighPass(5.0, 1).sections(rate)


def _angle(frequency: float, rate: int) -> float:
    return 2 * math.pi * min(frequency, _ROOM * rate / 2) / rate


def _root(gain: float) -> float:
    return float(10.0 ** (gain / 40.0))


def _turn(angle: float, q: float) -> tuple[float, float]:
    return math.cos(angle), math.sin(angle) / (2 * q)


def _butterworth(order: int) -> Iterator[float | None]:
    """The quality of each section of the second order, and none for one of the first."""
    for pair in range(order // 2):
        yield 1 / (2 * math.sin(math.pi * (2 * pair + 1) / (2 * order)))
    if order % 2:
        yield None


def _high(angle: float, q: float | None) -> Floats:
    if q is None:
        tangent = math.tan(angle / 2)
        return np.array([1.0, -1.0, 0.0, 1 + tangent, tangent - 1, 0.0])
    cosine, alpha = _turn(angle, q)
    return np.array([(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha])


def _low(angle: float, q: float | None) -> Floats:
    if q is None:
        tangent = math.tan(angle / 2)
        return np.array([tangent, tangent, 0.0, 1 + tangent, tangent - 1, 0.0])
    cosine, alpha = _turn(angle, q)
    return np.array([(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha])


def _shelf(angle: float, q: float, root: float, side: float) -> Floats:
    """A low shelf with side 1, and with -1 a high one."""
    cosine, alpha = _turn(angle, q)
    wide, up, down = 2 * math.sqrt(root) * alpha, root + 1, side * (root - 1) * cosine
    turned = side * 2 * ((root - 1) - side * up * cosine)
    return np.array(
        [
            root * (up - down + wide), root * turned, root * (up - down - wide),
            up + down + wide, -side * 2 * ((root - 1) + side * up * cosine), up + down - wide,
        ]
    )  # fmt: skip
