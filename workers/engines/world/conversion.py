"""Converts one atom to a WORLD voice by changing pitch, formants and breath."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.errors import ConversionError
from workers.engines.samples import Samples
from workers.engines.stages import Stages
from workers.engines.voice import Converted, Piece, Voice
from workers.engines.world.aperiodicity import find_aperiodicity, noise_shares
from workers.engines.world.envelope import find_envelope, move_formants
from workers.engines.world.frames import HOP, Strip, Waveform, lay_out
from workers.engines.world.noise import white_noise
from workers.engines.world.pitch import Pitch, find_pitch, give_pitch
from workers.engines.world.pulses import pulse_train
from workers.engines.world.recipe import WorldSettings, WorldVoice
from workers.engines.world.synthesis import FRAMES_AHEAD, FRAMES_BACK, FREQUENCIES, Excitation, overlap, shape

#: Frames handled at once (1.28 s), so that they take little memory and fit the processor's caches. Batches begin at
#: multiples of it, counted from the start of the recording.
_BATCH = 256


@dataclass(frozen=True, slots=True)
class WorldConversion(Voice):
    """A voice, ready."""

    voice: WorldVoice

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        """Convert one atom."""
        if not np.isfinite(piece.samples).all():
            raise ConversionError(f"the piece from sample {piece.first} on holds values that are not finite")
        wanted = WorldSettings.from_json(settings)
        stages = Stages()
        strip = lay_out(piece)
        with stages.timed("pitch"):
            pitch = find_pitch(strip)
        with stages.timed("synthesis"):
            excitation = self._excite(strip, pitch, wanted)
        samples = self._render(piece, strip, pitch, excitation, wanted, stages)
        return Converted(samples, stages.seconds)

    def _excite(self, strip: Strip, pitch: Pitch, wanted: WorldSettings) -> Excitation:
        first_sample = strip.first * HOP
        return Excitation(
            pulse_train(give_pitch(pitch, self.voice, wanted.pitch), strip.first),
            white_noise(wanted.seed, first_sample, first_sample + len(strip.signal)),
        )

    def _render(
        self,
        piece: Piece,
        strip: Strip,
        pitch: Pitch,
        excitation: Excitation,
        wanted: WorldSettings,
        stages: Stages,
    ) -> Samples:
        first, last = _frames_heard(piece, strip)
        total = np.zeros((last - first + 1 + FRAMES_AHEAD + FRAMES_BACK) * HOP)
        for frames in _batches(first, last):
            with stages.timed("envelope"):
                envelope = find_envelope(strip, pitch, frames)
            with stages.timed("aperiodicity"):
                shares = self._noise_shares(strip, pitch, frames, wanted)
            with stages.timed("synthesis"):
                moved = move_formants(envelope, self.voice.formant_ratio * wanted.formant)
                shaped = shape(excitation, int(frames[0]) - strip.first, moved, shares)
                overlap(total[(int(frames[0]) - first) * HOP :], shaped)
        return _cut(total, (first - FRAMES_AHEAD) * HOP, piece)

    def _noise_shares(
        self, strip: Strip, pitch: Pitch, frames: npt.NDArray[np.int64], wanted: WorldSettings
    ) -> npt.NDArray[np.float32]:
        breath = _together(self.voice.breath, wanted.breath)
        if breath >= 1.0:
            # A whisper is nothing but noise, so the most expensive stage would find nothing.
            return np.ones((len(frames), len(FREQUENCIES)), np.float32)
        return noise_shares(find_aperiodicity(strip, pitch, frames), breath, FREQUENCIES)


def _frames_heard(piece: Piece, strip: Strip) -> tuple[int, int]:
    """The first and the last absolute frame that contribute to the samples to deliver."""
    first = max(piece.out_start // HOP - FRAMES_BACK, strip.first + 1)
    last = min(-(-piece.out_stop // HOP) + FRAMES_AHEAD, strip.first + strip.frames - 2)
    return first, last


def _batches(first: int, last: int) -> Iterator[npt.NDArray[np.int64]]:
    begin = first
    while begin <= last:
        end = min((begin // _BATCH + 1) * _BATCH, last + 1)
        yield np.arange(begin, end)
        begin = end


def _together(breath: float, more: float) -> float:
    """Both shares of noise combined, the second applied to what the first leaves."""
    return breath + (1.0 - breath) * more


def _cut(total: Waveform, begins: int, piece: Piece) -> Samples:
    """The samples to deliver, from a sum that begins at this absolute sample; zeros where the piece has none."""
    samples = np.zeros(piece.out_stop - piece.out_start, np.float32)
    first = max(piece.out_start, begins)
    last = min(piece.out_stop, begins + len(total))
    samples[first - piece.out_start : last - piece.out_start] = total[first - begins : last - begins]
    return samples
