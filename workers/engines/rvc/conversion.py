"""Converts one atom from samples to samples: which frames go through which net, the same for every framework."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.errors import InputError
from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP, SynthesizerSizes
from workers.engines.rvc.framework import Floats, Nets, Noise
from workers.engines.rvc.noise import HostNoise
from workers.engines.rvc.pauses import Gain, gains, parts, sounding, with_pauses
from workers.engines.rvc.phase import phased
from workers.engines.rvc.pitch_finding import decode, swift_pitch, world_pitch
from workers.engines.rvc.pitch_shaping import coarse, shaped
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches, Sounding, Voiced
from workers.engines.rvc.strip import Strip, strip_of, wanted_frames
from workers.engines.rvc.tiles import cut
from workers.engines.rvc.track import Track, at_their_speed, plain_track, stretched_track
from workers.engines.rvc.windows import Window, joined, stacked, windows
from workers.engines.samples import Samples
from workers.engines.stages import HOST, LOAD, Clock, Stages
from workers.engines.voice import Converted, Piece

#: From this value on, `protect` protects nothing.
UNPROTECTED = 0.5
Pitch = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Take:
    """A piece in work: what is to be heard of it, in parts between long silences."""

    piece: Piece
    strip: Strip
    voiced: Sequence[Voiced]
    stages: Stages
    gain: Gain | None
    """The voice's gain in every frame of the strip, where pauses are silent."""

    @property
    def is_done(self) -> bool:
        """Whether all of it has its sound."""
        return not any(part.to_come for part in self.voiced)


class RvcConversion:
    """Converts atoms with a voice's nets."""

    def __init__(
        self, sizes: SynthesizerSizes, nets: Nets, batches: Batches, noise: Noise | None = None, clock: Clock = HOST
    ) -> None:
        self.sizes = sizes
        self.nets = nets
        self.batches = batches
        self.noise = noise or HostNoise()
        self.clock = clock
        self.sounding = Sounding(sizes, nets, batches, self.noise)

    def convert(self, piece: Piece, settings: RvcSettings) -> Converted:
        """Convert one atom."""
        (converted,) = self.convert_all([piece], settings)
        return converted

    def convert_all(self, pieces: Sequence[Piece], settings: RvcSettings) -> Iterator[Converted]:
        """Convert atoms of one or several recordings together; yields each in its turn as soon as it is done."""
        if settings.speaker >= self.sizes.speakers:
            raise InputError(
                f"the voice has no speaker {settings.speaker}; its speakers are 0 to {self.sizes.speakers - 1}"
            )
        told = self.batches.halved
        takes = deque(self._taken(piece, settings) for piece in pieces)
        batches = self.sounding.fill([part for take in takes for part in take.voiced], settings)
        while takes:
            while not takes[0].is_done:
                next(batches)
            take = takes.popleft()
            samples = self._delivered(take, settings)
            remark = self.batches.remark if self.batches.halved > told else None
            told = self.batches.halved
            yield Converted(samples, take.stages.seconds, remark)

    def _taken(self, piece: Piece, settings: RvcSettings) -> _Take:
        """A piece with everything but its sound; where pauses are silent, they cost no work."""
        strip, stages = strip_of(piece), Stages(self.clock)
        gain = gains(strip) if settings.pauses == "silent" else None
        heard = [piece] if gain is None else parts(piece, strip, gain, self.sizes.frame)
        return _Take(piece, strip, [self._voiced(part, settings, stages) for part in heard], stages, gain)

    def _voiced(self, piece: Piece, settings: RvcSettings, stages: Stages) -> Voiced:
        """A piece in which there is no long silence, ready for the generator."""
        strip = strip_of(piece)
        pitch = self._pitch(strip, settings, stages)
        latent = self._latent(strip, pitch, settings, stages)
        track = self._track(piece, strip, pitch, latent, settings)
        stretches = [(track.first, track.last)]
        if settings.pauses == "silent" and settings.formant == 0.0:
            stretches = sounding(gains(strip), track.first, track.last)
        return Voiced(piece, track, self.batches.tiles_of(stretches), stages, self.sizes.frame)

    def _delivered(self, take: _Take, settings: RvcSettings) -> Samples:
        """All samples that a piece asks for, with its pauses silent if they are to be."""
        piece = take.piece
        with take.stages.timed("formant"):
            if take.gain is None:
                return self._asked_for(take.voiced[0], settings)
            samples = np.zeros(piece.out_stop - piece.out_start, np.float32)
            for part in take.voiced:
                place = slice(part.piece.out_start - piece.out_start, part.piece.out_stop - piece.out_start)
                samples[place] = self._asked_for(part, settings)
            first = piece.out_start - take.strip.first_pitch_frame * self.sizes.frame
            return with_pauses(samples, take.gain, first, self.sizes.frame)

    def _pitch(self, strip: Strip, settings: RvcSettings, stages: Stages) -> Pitch:
        """The pitch that the voice is to have in every 10-ms frame; zero for a voice without pitch."""
        if not self.sizes.has_pitch:
            return np.zeros(2 * strip.frames)
        with stages.timed("pitch"):
            return shaped(self._heard_pitch(strip, settings), settings)

    def _heard_pitch(self, strip: Strip, settings: RvcSettings) -> Pitch:
        if settings.pitch_method == "rmvpe":
            cores = self.batches.windows.over(windows(strip.frames), lambda some: self._decoded(strip, some))
            return joined(list(cores))
        samples = strip.samples[: (2 * strip.frames - 1) * PITCH_HOP]
        if settings.pitch_method == "swift-f0":
            return swift_pitch(samples, settings.pitch_low, settings.pitch_high, strip.first * CONTENT_HOP)
        return world_pitch(samples, settings.pitch_method, settings.pitch_low, settings.pitch_high)

    def _decoded(self, strip: Strip, some: Sequence[Window]) -> Pitch:
        audio = stacked([strip.pitch_window(w.first, w.last) for w in some])
        salience = self.nets.salience(audio)
        cores = (
            s[2 * (w.core_first - w.first) : 2 * (w.core_last - w.first)] for s, w in zip(salience, some, strict=True)
        )
        # Every frame stands for itself, so a copy of all likelihoods would only cost time.
        return joined([decode(core) for core in cores])

    def _latent(self, strip: Strip, pitch: Pitch, settings: RvcSettings, stages: Stages) -> Any:
        """The latent of every 10-ms frame."""
        share = _share(pitch, settings, protects=self.sizes.has_pitch)
        known = coarse(pitch)

        def some_latent(some: Sequence[Window]) -> Any:
            return self._latent_of(strip, some, share, known, settings, stages)

        return self.nets.joined(list(self.batches.windows.over(windows(strip.frames), some_latent)))

    def _latent_of(
        self,
        strip: Strip,
        some: Sequence[Window],
        share: Floats,
        known: npt.NDArray[np.int64],
        settings: RvcSettings,
        stages: Stages,
    ) -> Any:
        starts, length = [2 * w.first for w in some], 2 * (some[0].last - some[0].first)
        with stages.timed("content"):
            content = self.nets.content(stacked([strip.window(w.first, w.last) for w in some]))
        with stages.timed("retrieval"):
            retrieved = self.nets.retrieved(content) if settings.index_rate else content
        with stages.timed("noise"):
            at = [strip.first_pitch_frame + start for start in starts]
            noise = self.noise.latent(settings.seed, at, length, self.sizes.inter)
        with stages.timed("encoder"):
            latent = self.nets.latent(
                content, retrieved, cut(share, starts, length), cut(known, starts, length), noise, settings.speaker
            )
        cores = [
            x[2 * (w.core_first - w.first) : 2 * (w.core_last - w.first)] for x, w in zip(latent, some, strict=True)
        ]
        return self.nets.joined(cores)

    def _track(self, piece: Piece, strip: Strip, pitch: Pitch, latent: Any, settings: RvcSettings) -> Track:
        first, last = wanted_frames(piece, strip)
        sine = phased(pitch, strip.first_pitch_frame)
        if settings.formant == 0.0:
            return plain_track(latent, sine, strip.first_pitch_frame, first, last)
        ratio = settings.formant_ratio
        there = self.nets.on_host(latent)
        return stretched_track(there, sine, strip.first_pitch_frame, first, last, ratio, self.sizes.frame)

    def _asked_for(self, part: Voiced, settings: RvcSettings) -> Samples:
        """The samples that a part asks for."""
        piece, track, frame, samples = part.piece, part.track, self.sizes.frame, part.sound.reshape(-1)
        if settings.formant == 0.0:
            offset = piece.out_start - (track.start + track.first) * frame
            return samples[offset : offset + piece.out_stop - piece.out_start]
        read = at_their_speed(samples, track, settings.formant_ratio, frame, piece.out_start, piece.out_stop)
        return np.clip(read, -1.0, 1.0)


def convert_with(
    prepare: Callable[[RvcSettings], RvcConversion], pieces: Sequence[Piece], given: Mapping[str, Any]
) -> Iterator[Converted]:
    """Convert atoms with nets that may have to be loaded first, which counts as a stage of its own."""
    settings = RvcSettings.from_json(given)
    began = time.perf_counter()
    conversion = prepare(settings)
    loaded = time.perf_counter() - began
    for converted in conversion.convert_all(pieces, settings):
        yield replace(converted, stages={LOAD: loaded, **converted.stages})
        loaded = 0.0


def _share(pitch: Pitch, settings: RvcSettings, *, protects: bool) -> Floats:
    """The share of retrieved features in each 10-ms frame: less where nothing is voiced, to keep consonants clear."""
    share = np.full(len(pitch), settings.index_rate, np.float32)
    if protects and settings.protect < UNPROTECTED:
        share[pitch <= 0.0] *= settings.protect
    return share
