"""Who speaks, as a direction in 256 dimensions: the closer two are, the more alike two voices sound.

The net and its weights are Resemblyzer's (Apache 2.0): three LSTM layers over 1.6 s of mel spectrogram. It is computed
here by numpy, and its weights are read without running anything of their file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dispatcher.quality.mel import Floats, MelShape, mel_power
from storage.audio.blocks import Mono
from workers.engines.catalog import engine_of_files

#: The package whose folder holds the weights, and where in it.
PACKAGE, WEIGHTS = "resemblyzer", "pretrained.pt"
_SHAPE = MelShape(window=400, bands=40)
#: Frames that are heard at once, and from one such stretch to the next.
_FRAMES, _STEP = 160, 77
_LAYERS, _WIDTH = 3, 256
#: Stretches computed at a time, which bounds the memory.
_TOGETHER = 32
#: The level that everything is brought to, as a share of full scale: -30 dB. The net's spectrogram is linear, so a
#: voice would be another one if it were louder.
_LEVEL = 10.0 ** (-30.0 / 20.0)
#: A stretch in which less than half of the frames are within 40 dB of the loud ones is mostly pause, and says little.
_PAUSE, _SPOKEN = 10.0 ** (-40.0 / 10.0), 0.5


def weights_file() -> Path | None:
    """Where the weights are, if the package is installed; it is never imported."""
    found = find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    path = Path(places[0]) / WEIGHTS if places else None
    return path if path is not None and path.is_file() else None


class SpeakerNet:
    """Finds the direction of a voice."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self.layers = [
            (
                np.ascontiguousarray(weights[f"lstm.weight_ih_l{n}"].T),
                np.ascontiguousarray(weights[f"lstm.weight_hh_l{n}"].T),
                weights[f"lstm.bias_ih_l{n}"] + weights[f"lstm.bias_hh_l{n}"],
            )
            for n in range(_LAYERS)
        ]
        self.last = weights["linear.weight"].T, weights["linear.bias"]

    @classmethod
    def of(cls, path: Path) -> "SpeakerNet":
        """The net of this file."""
        return cls(engine_of_files()[1].tensors(path, "model_state"))

    def direction(self, stretches: Iterable[Mono]) -> Floats | None:
        """The mean direction of all that is spoken in some stretches of one voice; None if nothing is."""
        return middle([one for samples in stretches for one in self._directions(at_level(samples))])

    def of_windows(self, mels: Floats) -> Floats:
        """`[windows, frames, bands]` to a direction each."""
        x = mels.transpose(1, 0, 2)
        for into, across, bias in self.layers:
            x = _layer(x, into, across, bias)
        matrix, bias = self.last
        heard = np.maximum(x[-1] @ matrix + bias, 0.0)
        norms = np.linalg.norm(heard, axis=1, keepdims=True)
        directions: Floats = heard / np.maximum(norms, np.finfo(np.float32).tiny)
        return directions

    def _directions(self, samples: Mono) -> Iterator[Floats]:
        mels = mel_power(samples, _SHAPE)
        starts = spoken_starts(mels)
        for first in range(0, len(starts), _TOGETHER):
            some = np.stack([mels[start : start + _FRAMES] for start in starts[first : first + _TOGETHER]])
            yield from self.of_windows(some)


def spoken_starts(mels: Floats) -> Sequence[int]:
    """The first frames of stretches in which somebody speaks, one after the other with overlap."""
    power = mels.sum(axis=1)
    loud = float(np.quantile(power, 0.95)) if len(power) else 0.0
    spoken = power > _PAUSE * loud
    starts = range(0, len(mels) - _FRAMES + 1, _STEP)
    return [start for start in starts if loud > 0.0 and spoken[start : start + _FRAMES].mean() > _SPOKEN]


def at_level(samples: Mono) -> Mono:
    """The samples at the level that all are compared at; silence stays silent."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return samples if rms == 0.0 else (samples * np.float32(_LEVEL / rms)).astype(np.float32)


def middle(directions: Sequence[Floats]) -> Floats | None:
    """The direction between some; None if there are none."""
    if not directions:
        return None
    whole: Floats = np.sum(directions, axis=0)
    return whole / np.float32(max(float(np.linalg.norm(whole)), float(np.finfo(np.float32).tiny)))


def likeness(one: Floats | None, other: Floats | None) -> float | None:
    """The cosine between two voices, 1 for the same; None if one was not heard."""
    return None if one is None or other is None else float(one @ other)


def _layer(x: Floats, into: Floats, across: Floats, bias: Floats) -> Floats:
    """`[steps, batch, inputs]` through one layer: what goes in, is forgotten, is added and comes out, by gates."""
    steps, batch, _ = x.shape
    inputs = (x.reshape(steps * batch, -1) @ into + bias).reshape(steps, batch, 4 * _WIDTH)
    hidden = np.zeros((batch, _WIDTH), np.float32)
    cell = np.zeros((batch, _WIDTH), np.float32)
    out = np.empty((steps, batch, _WIDTH), np.float32)
    for step in range(steps):
        gates = hidden @ across
        gates += inputs[step]
        taken, kept, added, shown = np.split(gates, 4, axis=1)
        cell = _sigmoid(kept) * cell + _sigmoid(taken) * np.tanh(added)
        hidden = _sigmoid(shown) * np.tanh(cell)
        out[step] = hidden
    return out


def _sigmoid(x: Floats) -> Floats:
    # By way of the tangent, which does not overflow.
    found: Floats = np.float32(0.5) * np.tanh(np.float32(0.5) * x) + np.float32(0.5)
    return found
