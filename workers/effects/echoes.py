"""Echoes and rooms: what a sound leaves behind."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workers.effects.linear import Floats, Linear, Spectrum
from workers.effects.settings import Unit, setting

#: Seconds until a room's first echo, and what part of its length a room's high sounds ring for.
_FIRST_ECHO, _HIGH_PART = 0.012, 0.45
#: Hertz at which a room's echoes are split into low ones and high ones.
_SPLIT = 2500.0
#: What a room's echoes are drawn from; another number would be another room.
_SEED = 0x526F6F6D
#: How far a room rings on: its time is until it is 60 dB quieter, and behind twice that nothing is heard of it.
_SILENT_DB = 120.0


@dataclass(frozen=True)
class Delay(Linear):
    """Repeats the sound after a while, and again, each time quieter."""

    name: ClassVar[str] = "delay"
    time: float = setting(Unit.SECONDS, 0.001, 5.0, "until it is heard again")
    feedback: float = setting(Unit.PERCENT, 0.0, 80.0, "how much of each repetition comes again", 30.0)
    mix: float = setting(Unit.PERCENT, 0.0, 100.0, "how loud the repetitions are beside the sound", 30.0)

    def response(self, rate: int, size: int) -> Spectrum:
        """The sound, and its repetitions without end."""
        delay = max(round(self.time * rate), 1)
        # The angle is counted in whole samples first, so that long delays lose no precision.
        steps = np.arange(size // 2 + 1, dtype=np.int64) * delay % size
        turned = np.exp(-2j * np.pi * steps / size)
        repeated: Spectrum = 1.0 + (self.mix / 100) * turned / (1.0 - (self.feedback / 100) * turned)
        return repeated


@dataclass(frozen=True)
class Reverb(Linear):
    """Puts the sound into a room."""

    name: ClassVar[str] = "reverb"
    time: float = setting(Unit.SECONDS, 0.1, 8.0, "until the room is 60 dB quieter")
    mix: float = setting(Unit.PERCENT, 0.0, 100.0, "how loud the room is beside the sound", 15.0)

    def response(self, rate: int, size: int) -> Spectrum:
        """The sound, and a room's echoes behind it."""
        echoes = np.zeros(size)
        room = _room(self.time, rate)[: size // 2]
        echoes[: len(room)] = room
        return 1.0 + (self.mix / 100) * np.fft.rfft(echoes)


def _room(time: float, rate: int) -> Floats:
    """A room's echoes, which have the energy of one click: noise that dies away, its high part sooner."""
    length = math.ceil(_SILENT_DB / 60.0 * time * rate)
    at = np.arange(length) / rate
    # Philox gives everybody the same noise, and a longer room has more of it.
    noise = np.random.Generator(np.random.Philox(key=_SEED)).standard_normal(length)
    spectrum, hertz = np.fft.rfft(noise), np.arange(length // 2 + 1) * rate / length
    low = np.fft.irfft(spectrum / (1 + (hertz / _SPLIT) ** 4), length)
    dying = math.log(1000.0) / time
    echoes = low * np.exp(-dying * at) + (noise - low) * np.exp(-dying / _HIGH_PART * at)
    echoes /= math.sqrt(np.square(echoes).sum())
    silence: Floats = np.zeros(round(_FIRST_ECHO * rate))
    return np.concatenate([silence, echoes])
