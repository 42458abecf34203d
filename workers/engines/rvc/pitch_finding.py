"""The pitch without the pitch net: with WORLD's finders or the package swift-f0.

Both give hertz, zero where unvoiced, for every 160 samples at 16 kHz, with the first frame on the first sample.
"""

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.errors import ConversionError
from workers.engines.rvc.architecture import ANALYSIS_RATE, PITCH_HOP

Samples = npt.NDArray[np.float32]

Pitch = npt.NDArray[np.float64]

_FRAME_MS = 1000.0 * PITCH_HOP / ANALYSIS_RATE

#: Frames of silence after the samples: WORLD's finders give nothing for the outermost frames, and need some to run.
_EDGE_FRAMES = 20

#: Decimals of a hertz that are kept. The finders' transforms span all samples at once, so their last digits depend on
#: where the recording was cut; nobody hears a thousandth of a hertz.
_DECIMALS = 3

#: The confidence from which swift-f0 calls a frame voiced.
_CONFIDENT = 0.5

#: Samples from one frame of swift-f0 to the next.
_SWIFT_HOP = 256

#: The lowest and highest pitch in hertz that swift-f0 can find, and the smallest ratio between its two limits.
_SWIFT_LOW, _SWIFT_HIGH, _SWIFT_NARROWEST = 46.875, 2093.75, 1.05


def frame_count(samples: int) -> int:
    """How many pitch frames there are on this many samples."""
    return samples // PITCH_HOP + 1


def world_pitch(samples: Samples, method: str, low: float, high: float) -> Pitch:
    """The pitch from `harvest`, or from `dio` with its refinement, which is quicker but less reliable."""
    world = _world(method)
    # One sample more than a whole number of hops: only then does a finder, when it thins the signal, keep the same
    # samples whatever the length.
    signal = np.zeros((frame_count(len(samples)) + _EDGE_FRAMES) * PITCH_HOP + 1)
    signal[: len(samples)] = samples
    if method == "dio":
        rough, places = world.dio(signal, ANALYSIS_RATE, f0_floor=low, f0_ceil=high, frame_period=_FRAME_MS)
        found = world.stonemask(signal, rough, places, ANALYSIS_RATE)
    else:
        found, _ = world.harvest(signal, ANALYSIS_RATE, f0_floor=low, f0_ceil=high, frame_period=_FRAME_MS)
    kept: Pitch = np.round(found[: frame_count(len(samples))], _DECIMALS)
    return kept


def _world(method: str) -> ModuleType:
    try:
        from workers.engines.vocoder import WORLD
    except ModuleNotFoundError as missing:
        raise ConversionError(
            f"The pitch method {method} needs the package pyworld, which this worker does not have; install pyworld"
            " there, or choose the pitch method rmvpe"
        ) from missing
    return WORLD


def swift_pitch(samples: Samples, low: float, high: float, first: int = 0) -> Pitch:
    """The pitch from swift-f0, for samples that begin at the absolute sample `first`.

    Its own frames are 16 ms apart; they are put at the same places of the recording wherever the samples begin.
    """
    detector = _swift()
    if high < low * _SWIFT_NARROWEST or high < _SWIFT_LOW * _SWIFT_NARROWEST or low * _SWIFT_NARROWEST > _SWIFT_HIGH:
        raise ConversionError(
            f"The pitch method swift-f0 cannot search between {low:g} and {high:g} Hz; give it a wider range within"
            f" {_SWIFT_LOW:g} to {_SWIFT_HIGH:g} Hz, or choose another pitch method"
        )
    skipped = first % _SWIFT_HOP
    found = detector.detect(np.pad(samples, (skipped, _SWIFT_HOP)), ANALYSIS_RATE, fmin=low, fmax=high)
    pitch = np.where(found.confidence >= _CONFIDENT, found.pitch_hz, 0.0)
    return on_our_frames(found.timestamps * ANALYSIS_RATE - skipped, pitch, frame_count(len(samples)))


@cache
def _swift() -> Any:
    """The detector, created only once, because that takes longer than a short piece."""
    try:
        package = import_module("swift_f0")
    except ModuleNotFoundError as missing:
        raise ConversionError(
            "The pitch method swift-f0 needs the package swift-f0, which this worker does not have; install swift-f0"
            " there, or choose another pitch method"
        ) from missing
    if not hasattr(package.SwiftF0, "detect"):
        raise ConversionError(
            "This worker's package swift-f0 is older than 0.3, which the pitch method swift-f0 needs; upgrade it there,"
            " or choose another pitch method"
        )
    # Other processes on the machine need the cores too, so the detector's threads do not spin while they wait.
    return package.SwiftF0(spin=False)


def on_our_frames(places: Pitch, pitch: Pitch, frames: int) -> Pitch:
    """A pitch that is known at these samples, carried over to the engine's frames.

    A frame is voiced if the nearest place is. Its pitch is interpolated in cents if both neighbours are voiced, and
    otherwise taken from the one that is.
    """
    ours = np.arange(frames) * float(PITCH_HOP)
    right = np.searchsorted(places, ours).clip(1, max(len(places) - 1, 1)).clip(max=len(places) - 1)
    left = np.maximum(right - 1, 0)
    way = ((ours - places[left]) / np.maximum(places[right] - places[left], 1.0)).clip(0.0, 1.0)
    logs = np.log2(np.where(pitch > 0.0, pitch, 1.0))
    share = np.where(pitch[left] == 0.0, 1.0, np.where(pitch[right] == 0.0, 0.0, way))
    between = np.exp2(logs[left] * (1.0 - share) + logs[right] * share)
    carried: Pitch = np.where(pitch[np.where(way < 0.5, left, right)] > 0.0, between, 0.0)
    return carried
