"""Finds the pitch of a strip, and changes it to the voice's pitch."""

import numpy as np
import numpy.typing as npt

from workers.engines.vocoder import WORLD
from workers.engines.world.frames import HOP, RATE, Strip
from workers.engines.world.recipe import WorldVoice

Pitch = npt.NDArray[np.float64]

#: Hertz. Below 70.5 Hz three periods no longer fit the envelope's 1024 samples.
LOWEST = 71.0

#: Hertz. A soprano's high C is 1047 Hz; looking higher costs mistakes in speech.
HIGHEST = 1100.0

#: The finder looks at every fourth sample (6 kHz), which is four times faster; the refinement uses all of them.
_THINNING = 4

#: Decimals of a hertz that are kept. The finder's transforms span the whole piece, so its last digits depend on where
#: the recording was cut; nobody hears a thousandth of a hertz.
_DECIMALS = 3

#: Hertz: the range in which pulses can sensibly be placed, however far a voice moves the pitch.
_PLAYABLE = (20.0, 4000.0)


def find_pitch(strip: Strip) -> Pitch:
    """The pitch of every frame in hertz, zero where nothing is voiced."""
    step_ms = 1000.0 * HOP / RATE
    rough, places = WORLD.dio(
        strip.signal, RATE, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=step_ms, speed=_THINNING
    )
    refined: Pitch = np.round(WORLD.stonemask(strip.signal, rough, places, RATE), _DECIMALS)
    return refined


def give_pitch(pitch: Pitch, voice: WorldVoice, semitones: float) -> Pitch:
    """The pitch that the voice sings where the source sang `pitch`."""
    ratio = 2.0 ** ((voice.pitch_semitones + semitones) / 12.0)
    voiced = pitch > 0.0
    distance = np.where(voiced, pitch, voice.pitch_centre_hz) / voice.pitch_centre_hz
    moved = voice.pitch_centre_hz * distance**voice.pitch_spread * ratio
    return np.where(voiced, np.clip(moved, *_PLAYABLE), 0.0)
