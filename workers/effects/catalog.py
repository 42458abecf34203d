"""All effects, by the names they are written with."""

from collections.abc import Mapping

from workers.effects.dynamics import Compressor, DeEsser, Gate
from workers.effects.echoes import Delay, Reverb
from workers.effects.effect import Effect
from workers.effects.filters import (
    BandPass,
    BandStop,
    Equaliser,
    HighPass,
    HighShelf,
    LowPass,
    LowShelf,
    RemoveDc,
    Tilt,
)
from workers.effects.levels import Fade, Gain, Loudness, Peak
from workers.effects.limiter import Limiter
from workers.effects.noise_reduction import ReduceNoise
from workers.effects.placing import Mono, Pan
from workers.effects.tempo import PitchShift, Resample, TimeStretch

#: In the order in which somebody reads about them.
ALL: tuple[type[Effect], ...] = (
    HighPass, LowPass, BandPass, BandStop, Equaliser, LowShelf, HighShelf, Tilt, RemoveDc, Gain, Fade, Peak, Loudness,
    ReduceNoise, Gate, DeEsser, Compressor, Limiter, Delay, Reverb, PitchShift, TimeStretch, Resample, Pan, Mono,
)  # fmt: skip
BY_NAME: Mapping[str, type[Effect]] = {effect.name: effect for effect in ALL}
