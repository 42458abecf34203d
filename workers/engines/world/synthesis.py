"""Sends the excitation through time-varying filters: windowed frames, multiplied spectra, overlapping sums."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.engines.world.envelope import ENVELOPE_SIZE, LogEnvelope
from workers.engines.world.frames import HOP, RATE, Waveform

#: Hops in one filtered frame: one before the window, because the noise shares ring backwards, two for the window, and
#: nine (45 ms) for the filter to ring out.
_HOPS_BEFORE = 1
_HOPS_WINDOW = 2
_HOPS_FRAME = 12

#: Samples in one filtered frame.
FRAME_SIZE = _HOPS_FRAME * HOP

#: Frames before and after its own place that may contribute to a sample.
FRAMES_BACK = _HOPS_FRAME - _HOPS_BEFORE - 1
FRAMES_AHEAD = _HOPS_BEFORE + 1

#: Hertz at which the filters' spectra are known.
FREQUENCIES: npt.NDArray[np.float64] = np.arange(FRAME_SIZE // 2 + 1, dtype=float) * (RATE / FRAME_SIZE)

_WINDOW: npt.NDArray[np.float32] = np.sin(np.pi * np.arange(2 * HOP) / (2 * HOP)).astype(np.float32) ** 2


@dataclass(frozen=True, slots=True)
class Excitation:
    """The pulses and the noise of a whole strip."""

    pulses: Waveform
    noise: Waveform


def minimum_phase(envelope: LogEnvelope) -> npt.NDArray[np.complex64]:
    """Filters of this power that respond as early as possible, at `FREQUENCIES`."""
    # Double precision costs no more here, and rounding is heard first in logarithms.
    cepstrum = np.fft.irfft(envelope * np.float64(0.5), ENVELOPE_SIZE)[:, : ENVELOPE_SIZE // 2 + 1]
    cepstrum[:, 1:-1] *= 2.0
    logarithm = np.fft.rfft(cepstrum, FRAME_SIZE)
    gain, angle = np.exp(logarithm.real.astype(np.float32)), logarithm.imag.astype(np.float32)
    filters = np.empty(logarithm.shape, np.complex64)
    np.multiply(gain, np.cos(angle), out=filters.real)
    np.multiply(gain, np.sin(angle), out=filters.imag)
    return filters


def shape(
    excitation: Excitation, first: int, envelope: LogEnvelope, noise_share: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The filtered frames from the strip's frame `first` on, one per row, each beginning two hops before its place."""
    count = len(envelope)
    pulses = _spectra(excitation.pulses, first, count) * np.sqrt(1 - noise_share)
    noise = _spectra(excitation.noise, first, count) * np.sqrt(noise_share)
    shaped = np.fft.irfft((pulses + noise) * minimum_phase(envelope), FRAME_SIZE)
    return shaped.astype(np.float32, copy=False)


def _spectra(waveform: Waveform, first: int, count: int) -> npt.NDArray[np.complex64]:
    hops = waveform[(first - 1) * HOP : (first + count) * HOP].astype(np.float32).reshape(-1, HOP)
    frames = np.zeros((count, FRAME_SIZE), np.float32)
    window = slice(_HOPS_BEFORE * HOP, (_HOPS_BEFORE + _HOPS_WINDOW) * HOP)
    frames[:, window] = np.hstack([hops[:-1], hops[1:]]) * _WINDOW
    return np.fft.rfft(frames).astype(np.complex64, copy=False)


def overlap(total: Waveform, frames: npt.NDArray[np.float32]) -> None:
    """Add filtered frames, each one hop after the last, to a sum that begins with the first of them."""
    hops = frames.reshape(len(frames), _HOPS_FRAME, HOP)
    rows = total[: (len(frames) + _HOPS_FRAME - 1) * HOP].reshape(-1, HOP)
    for place in range(_HOPS_FRAME):
        rows[place : place + len(frames)] += hops[:, place]
