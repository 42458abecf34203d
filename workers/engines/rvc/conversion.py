"""Converts one atom from samples to samples: which frames go through which net, the same for every framework."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.errors import InputError
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.framework import Floats, Nets, Noise
from workers.engines.rvc.hearing import Heard, Hearing, Pitch
from workers.engines.rvc.known import Known
from workers.engines.rvc.noise import HostNoise
from workers.engines.rvc.pauses import Gain, gains, parts, sounding, with_pauses
from workers.engines.rvc.phase import phased
from workers.engines.rvc.pitch_shaping import coarse, shaped
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches, Sounding, Voiced
from workers.engines.rvc.strip import Strip, strip_of, wanted_frames
from workers.engines.rvc.tiles import cut
from workers.engines.rvc.track import Track, at_their_speed, plain_track, stretched_track
from workers.engines.rvc.windows import Window
from workers.engines.samples import Samples
from workers.engines.stages import HOST, LOAD, Clock, Stages
from workers.engines.voice import Converted, Piece

#: From this value on, `protect` protects nothing.
UNPROTECTED = 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a piece in which there is no long silence, and what is heard in it."""

    piece: Piece
    strip: Strip
    heard: Heard


@dataclass(frozen=True, slots=True)
class _Take:
    """A piece in work: what is to be heard of it, in parts between long silences."""

    piece: Piece
    strip: Strip
    parts: Sequence[_Part]
    stages: Stages
    known: Known
    gain: Gain | None
    """The voice's gain in every frame of the strip, where pauses are silent."""
    voiced: list[Voiced] = field(default_factory=list)

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
        self.hearing = Hearing(nets, batches, has_pitch=sizes.has_pitch)
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
        # What is heard in all of them has been asked for by now, so a device goes on while the first is waited for.
        for take in takes:
            take.voiced.extend(self._voiced(part, settings, take.stages) for part in take.parts)
        batches = self.sounding.fill([part for take in takes for part in take.voiced], settings)
        while takes:
            while not takes[0].is_done:
                next(batches)
            take = takes.popleft()
            samples = self._delivered(take, settings)
            remark = self.batches.remark if self.batches.halved > told else None
            told = self.batches.halved
            yield Converted(samples, take.stages.seconds, remark, take.known.whole())

    def _taken(self, piece: Piece, settings: RvcSettings) -> _Take:
        """A piece in which it is asked what is heard; where pauses are silent, they cost no work."""
        strip, stages, known = strip_of(piece), Stages(self.clock), Known(piece.known)
        gain = gains(strip) if settings.pauses == "silent" else None
        strips = [(piece, strip)]
        if gain is not None:
            strips = [(part, strip_of(part)) for part in parts(piece, strip, gain, self.sizes.frame)]
        heard = [_Part(part, its, self.hearing.listen(its, settings, stages, known)) for part, its in strips]
        return _Take(piece, strip, heard, stages, known, gain)

    def _voiced(self, part: _Part, settings: RvcSettings, stages: Stages) -> Voiced:
        """A part that is ready for the generator."""
        piece, strip = part.piece, part.strip
        pitch = shaped(part.heard.pitch(), settings) if self.sizes.has_pitch else part.heard.pitch()
        latent = self._latent(part, pitch, settings, stages)
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

    def _latent(self, part: _Part, pitch: Pitch, settings: RvcSettings, stages: Stages) -> Any:
        """The latent of every 10-ms frame."""
        share = _share(pitch, settings, protects=self.sizes.has_pitch)
        known = coarse(pitch)

        def some_latent(some: Sequence[tuple[Window, Any]]) -> Any:
            return self._latent_of(part.strip, some, share, known, settings, stages)

        return self.nets.joined(list(self.batches.windows.over(part.heard.contents, some_latent)))

    def _latent_of(
        self,
        strip: Strip,
        some: Sequence[tuple[Window, Any]],
        share: Floats,
        known: npt.NDArray[np.int64],
        settings: RvcSettings,
        stages: Stages,
    ) -> Any:
        heard = [window for window, _ in some]
        starts, length = [2 * w.first for w in heard], 2 * (heard[0].last - heard[0].first)
        with stages.timed("retrieval"):
            content = self.nets.stacked([content for _, content in some])
            retrieved = self.nets.retrieved(content) if settings.index_rate else content
        with stages.timed("noise"):
            at = [strip.first_pitch_frame + start for start in starts]
            noise = self.noise.latent(settings.seed, at, length, self.sizes.inter)
        with stages.timed("encoder"):
            latent = self.nets.latent(
                content, retrieved, cut(share, starts, length), cut(known, starts, length), noise, settings.speaker
            )
        cores = [
            x[2 * (w.core_first - w.first) : 2 * (w.core_last - w.first)] for x, w in zip(latent, heard, strict=True)
        ]
        return self.nets.joined(cores)

    def _track(self, piece: Piece, strip: Strip, pitch: Pitch, latent: Any, settings: RvcSettings) -> Track:
        first, last = wanted_frames(piece, strip)
        sine = phased(pitch, strip.first_pitch_frame)
        if settings.formant == 0.0:
            return plain_track(latent, sine, strip.first_pitch_frame, first, last)
        ratio = settings.formant_ratio
        there = self.nets.leaving(latent).here()
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
