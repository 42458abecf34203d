"""What makes loud and quiet more alike, or quiet silent: compressor, gate, and the taming of sharp consonants."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames
from workers.effects.effect import Effect, Shape, Stream
from workers.effects.filters import BandPass
from workers.effects.linear import Convolving
from workers.effects.settings import Unit, setting
from workers.effects.steps import Floats, Following, Smoothed, levels, one_after_the_other

#: Seconds that gains are decided ahead of the sound that they act on, so that no beginning slips through.
_AHEAD = 0.005
#: Decibels above and below its threshold within which a compressor comes in by and by.
_KNEE = 6.0
#: Decibels by which a gate that is open must be undercut before it closes, or it would flutter.
_STAYS = 6.0
#: Hertz between which consonants are sharp.
_SHARP = (4500.0, 11_000.0)


@dataclass(frozen=True)
class Compressor(Effect):
    """Turns down what is louder than a threshold, so that loud and quiet come closer."""

    name: ClassVar[str] = "compress"
    threshold: float = setting(Unit.DECIBELS, -80.0, 0.0, "what is louder is turned down")
    ratio: float = setting(Unit.PLAIN, 1.0, 20.0, "decibels above the threshold that become one", 3.0)
    attack: float = setting(Unit.SECONDS, 0.0001, 1.0, "how soon it turns down", 0.005)
    release: float = setting(Unit.SECONDS, 0.001, 5.0, "how soon it comes back", 0.12)
    makeup: float = setting(Unit.DECIBELS, -20.0, 40.0, "how much louder everything is made afterwards", 0.0)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Compressing(self, shape)

    def reduction(self, level: Floats) -> Floats:
        """The decibels by which a level is to be turned down."""
        over = level - self.threshold
        knee = np.square(np.clip(over + _KNEE, 0.0, 2 * _KNEE)) / (4 * _KNEE)
        return (1.0 - 1.0 / self.ratio) * np.where(over > _KNEE, over, knee)


class _Compressing(Following):
    def __init__(self, effect: Compressor, shape: Shape) -> None:
        super().__init__(shape, _AHEAD)
        self._effect = effect
        self._reduction = Smoothed(effect.attack, effect.release, 0.0)

    def _decide(self, frames: Frames) -> Floats:
        wanted = self._effect.reduction(levels(frames, self._step))
        down = one_after_the_other(self._reduction.towards, wanted)
        return np.power(10.0, (self._effect.makeup - down) / 20.0)


@dataclass(frozen=True)
class Gate(Effect):
    """Turns down what is quieter than a threshold: breath, rustling, the room between words."""

    name: ClassVar[str] = "gate"
    threshold: float = setting(Unit.DECIBELS, -100.0, 0.0, "what is quieter is turned down")
    range: float = setting(Unit.DECIBELS, 0.0, 100.0, "by how much", 40.0)
    hold: float = setting(Unit.SECONDS, 0.0, 5.0, "how long it stays open in any case", 0.1)
    release: float = setting(Unit.SECONDS, 0.001, 5.0, "how soon it closes", 0.15)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Gating(self, shape)


class _Gating(Following):
    #: Seconds in which it opens: at once, but without a click.
    _OPENS = 0.001

    def __init__(self, effect: Gate, shape: Shape) -> None:
        super().__init__(shape, _AHEAD)
        self._effect = effect
        self._hold = effect.hold * shape.rate / self._step
        self._open = 0.0
        """Steps for which it stays open."""
        self._loud = Smoothed(self._OPENS, 0.02, -140.0)
        self._gain = Smoothed(self._OPENS, effect.release, -effect.range)

    def _decide(self, frames: Frames) -> Floats:
        decibels = one_after_the_other(self._one, levels(frames, self._step))
        return np.power(10.0, decibels / 20.0)

    def _one(self, level: float) -> float:
        # A step may lie between two pulses of a low voice, so it is the smoothed level that counts.
        loud = self._loud.towards(level)
        threshold = self._effect.threshold
        if loud >= threshold or (self._open > 0 and loud >= threshold - _STAYS):
            self._open = max(self._hold, 1.0)
        else:
            self._open -= 1.0
        return self._gain.towards(0.0 if self._open > 0 else -self._effect.range)


@dataclass(frozen=True)
class DeEsser(Effect):
    """Turns sharp consonants down where they stand out, and leaves everything else alone."""

    name: ClassVar[str] = "deess"
    amount: float = setting(Unit.DECIBELS, 0.0, 24.0, "by how much at most", 6.0)
    threshold: float = setting(Unit.DECIBELS, -80.0, 0.0, "from which level of the sharp part on", -32.0)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _DeEssing(self, shape)


class _Sharp(BandPass):
    """The sharp part of a voice, where it is in the voice: what is moved in time could not be taken off it."""

    def response(self, rate: int, size: int) -> npt.NDArray[np.complex128]:
        """The band's strength without its turning."""
        return np.abs(super().response(rate, size)).astype(np.complex128)


class _DeEssing(Following):
    """Hears the sound and its sharp part side by side, and takes off a part of the latter."""

    def __init__(self, effect: DeEsser, shape: Shape) -> None:
        super().__init__(shape, _AHEAD, columns=2 * shape.channels)
        self._effect = effect
        self._band = Convolving((_Sharp(*_SHARP, order=4),), shape)
        self._waiting = np.empty((0, shape.channels), np.float32)
        self._reduction = Smoothed(0.001, 0.04, 0.0)

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are decided."""
        return super().push(self._beside(frames, self._band.push(frames)))

    def finish(self) -> Frames:
        """Return the last frames."""
        nothing = np.empty((0, self._channels), np.float32)
        before = super().push(self._beside(nothing, self._band.finish()))
        return np.concatenate([before, super().finish()])

    def _beside(self, frames: Frames, sharp: Frames) -> Frames:
        self._waiting = np.concatenate([self._waiting, frames])
        both = np.concatenate([self._waiting[: len(sharp)], sharp], axis=1)
        self._waiting = self._waiting[len(sharp) :]
        return both

    def _decide(self, frames: Frames) -> Floats:
        over = levels(frames[:, self._channels :], self._step) - self._effect.threshold
        down = one_after_the_other(self._reduction.towards, np.clip(over, 0.0, self._effect.amount))
        return np.power(10.0, -down / 20.0)

    def _turn(self, frames: Frames, gains: npt.NDArray[np.float32]) -> Frames:
        return frames[:, : self._channels] + frames[:, self._channels :] * (gains - 1.0)[:, None]
