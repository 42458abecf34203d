"""Converts one atom from samples to samples: which frames go through which net, the same for every framework."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.errors import InputError
from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP, SynthesizerSizes
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.framework import Floats, Nets, Noise
from workers.engines.rvc.noise import HostNoise
from workers.engines.rvc.pauses import gains, parts, sounding, with_pauses
from workers.engines.rvc.phase import phased
from workers.engines.rvc.pitch_finding import decode, swift_pitch, world_pitch
from workers.engines.rvc.pitch_shaping import coarse, shaped
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.strip import Strip, strip_of, wanted_frames
from workers.engines.rvc.tiles import TILE, cut, even_tile, margins, tile_starts
from workers.engines.rvc.track import Track, at_their_speed, plain_track, stretched_track
from workers.engines.rvc.windows import Window, windows
from workers.engines.samples import Samples
from workers.engines.stages import LOAD, Stages
from workers.engines.voice import Converted, Piece

#: From this value on, `protect` protects nothing.
UNPROTECTED = 0.5
Pitch = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Batches:
    """How many windows and tiles the device processes at a time, and how many frames a tile has."""

    windows: Batch
    tiles: Batch
    tile: int = TILE
    is_fixed: bool = True
    """Whether all tiles must have one shape, for which programs are compiled; otherwise an atom is divided evenly."""

    @property
    def halved(self) -> int:
        """How many times the device turned out to be too small."""
        return self.windows.halved + self.tiles.halved

    @property
    def remark(self) -> str:
        """The remark for the record after the device was full."""
        return f"the device was full; went on with {self.windows.size} windows and {self.tiles.size} tiles at a time"

    def tiles_of(self, stretches: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
        """The first frames of the tiles over these stretches, by the number of frames in a tile."""
        tiles: dict[int, list[int]] = {}
        for first, last in stretches:
            tile = self.tile if self.is_fixed else even_tile(last - first, self.tile)
            tiles.setdefault(tile, []).extend(tile_starts(first, last, tile))
        return tiles


class RvcConversion:
    """Converts atoms with a voice's nets."""

    def __init__(self, sizes: SynthesizerSizes, nets: Nets, batches: Batches, noise: Noise | None = None) -> None:
        self.sizes = sizes
        self.nets = nets
        self.batches = batches
        self.noise = noise or HostNoise()
        self.margin = margins(sizes)[0]

    def convert(self, piece: Piece, settings: RvcSettings) -> Converted:
        """Convert one atom."""
        if settings.speaker >= self.sizes.speakers:
            raise InputError(
                f"the voice has no speaker {settings.speaker}; its speakers are 0 to {self.sizes.speakers - 1}"
            )
        stages, halved = Stages(), self.batches.halved
        converted = self._between_pauses if settings.pauses == "silent" else self._voiced
        samples = converted(piece, settings, stages)
        return Converted(samples, stages.seconds, self.batches.remark if self.batches.halved > halved else None)

    def _between_pauses(self, piece: Piece, settings: RvcSettings, stages: Stages) -> Samples:
        """Convert an atom in which pauses become silent and cost no work."""
        strip, frame = strip_of(piece), self.sizes.frame
        gain = gains(strip)
        samples = np.zeros(piece.out_stop - piece.out_start, np.float32)
        for part in parts(piece, strip, gain, frame):
            place = slice(part.out_start - piece.out_start, part.out_stop - piece.out_start)
            samples[place] = self._voiced(part, settings, stages)
        return with_pauses(samples, gain, piece.out_start - strip.first_pitch_frame * frame, frame)

    def _voiced(self, piece: Piece, settings: RvcSettings, stages: Stages) -> Samples:
        """Convert an atom, at least where something is to be heard."""
        strip = strip_of(piece)
        pitch = self._pitch(strip, settings, stages)
        latent = self._latent(strip, pitch, settings, stages)
        track = self._track(piece, strip, pitch, latent, settings)
        stretches = [(track.first, track.last)]
        if settings.pauses == "silent" and settings.formant == 0.0:
            stretches = sounding(gains(strip), track.first, track.last)
        samples = self._sound(track, stretches, settings, stages)
        with stages.timed("formant"):
            return self._delivered(piece, track, samples, settings)

    def _pitch(self, strip: Strip, settings: RvcSettings, stages: Stages) -> Pitch:
        """The pitch that the voice is to have in every 10-ms frame; zero for a voice without pitch."""
        if not self.sizes.has_pitch:
            return np.zeros(2 * strip.frames)
        with stages.timed("pitch"):
            return shaped(self._heard_pitch(strip, settings), settings)

    def _heard_pitch(self, strip: Strip, settings: RvcSettings) -> Pitch:
        if settings.pitch_method == "rmvpe":
            cores = self.batches.windows.over(windows(strip.frames), lambda some: self._decoded(strip, some))
            return np.concatenate(list(cores))
        samples = strip.samples[: (2 * strip.frames - 1) * PITCH_HOP]
        if settings.pitch_method == "swift-f0":
            return swift_pitch(samples, settings.pitch_low, settings.pitch_high, strip.first * CONTENT_HOP)
        return world_pitch(samples, settings.pitch_method, settings.pitch_low, settings.pitch_high)

    def _decoded(self, strip: Strip, some: Sequence[Window]) -> Pitch:
        audio = np.stack([strip.pitch_window(w.first, w.last) for w in some])
        salience = self.nets.salience(audio)
        cores = (
            s[2 * (w.core_first - w.first) : 2 * (w.core_last - w.first)] for s, w in zip(salience, some, strict=True)
        )
        # Every frame stands for itself, so a copy of all likelihoods would only cost time.
        return np.concatenate([decode(core) for core in cores])

    def _latent(self, strip: Strip, pitch: Pitch, settings: RvcSettings, stages: Stages) -> Floats:
        """The latent of every 10-ms frame."""
        share = _share(pitch, settings, protects=self.sizes.has_pitch)
        known = coarse(pitch)

        def some_latent(some: Sequence[Window]) -> Floats:
            return self._latent_of(strip, some, share, known, settings, stages)

        return np.concatenate(list(self.batches.windows.over(windows(strip.frames), some_latent)))

    def _latent_of(
        self,
        strip: Strip,
        some: Sequence[Window],
        share: Floats,
        known: npt.NDArray[np.int64],
        settings: RvcSettings,
        stages: Stages,
    ) -> Floats:
        starts, length = [2 * w.first for w in some], 2 * (some[0].last - some[0].first)
        with stages.timed("content"):
            content = self.nets.content(np.stack([strip.window(w.first, w.last) for w in some]))
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
        return np.concatenate(cores)

    def _track(self, piece: Piece, strip: Strip, pitch: Pitch, latent: Floats, settings: RvcSettings) -> Track:
        first, last = wanted_frames(piece, strip)
        sine = phased(pitch, strip.first_pitch_frame)
        if settings.formant == 0.0:
            return plain_track(latent, sine, strip.first_pitch_frame, first, last)
        ratio = settings.formant_ratio
        return stretched_track(latent, sine, strip.first_pitch_frame, first, last, ratio, self.sizes.frame)

    def _sound(
        self, track: Track, stretches: Sequence[tuple[int, int]], settings: RvcSettings, stages: Stages
    ) -> Samples:
        """The generator's samples for these stretches of the wanted frames, with silence between them."""
        sound = np.zeros((track.last - track.first, self.sizes.frame), np.float32)
        for tile, starts in self.batches.tiles_of(stretches).items():

            def some_sound(some: Sequence[int], tile: int = tile) -> Samples:
                return self._sound_of(track, some, tile, settings, stages)

            left = iter(starts)
            for tiles in self.batches.tiles.over(starts, some_sound):
                for frames in tiles.reshape(-1, tile, self.sizes.frame):
                    begin = next(left) - track.first
                    room = sound[begin : begin + tile]
                    room[:] = frames[: len(room)]
        return sound.reshape(-1)

    def _sound_of(
        self, track: Track, starts: Sequence[int], tile: int, settings: RvcSettings, stages: Stages
    ) -> Samples:
        begins = [start - self.margin for start in starts]
        length = tile + 2 * self.margin
        frame = self.sizes.frame
        with stages.timed("noise"):
            at = [(track.start + begin) * frame for begin in begins]
            noise = self.noise.source(settings.seed, at, length * frame)
        with stages.timed("generator"):
            sound = self.nets.sound(
                cut(track.latent, begins, length),
                cut(track.sine.phase.astype(np.float32), begins, length),
                cut(track.sine.f0.astype(np.float32), begins, length),
                noise,
                settings.speaker,
            )
        return sound.reshape(-1)

    def _delivered(self, piece: Piece, track: Track, samples: Samples, settings: RvcSettings) -> Samples:
        """The samples that the piece asks for."""
        if settings.formant == 0.0:
            offset = piece.out_start - (track.start + track.first) * self.sizes.frame
            return samples[offset : offset + piece.out_stop - piece.out_start]
        read = at_their_speed(samples, track, settings.formant_ratio, self.sizes.frame, piece.out_start, piece.out_stop)
        return np.clip(read, -1.0, 1.0)


def convert_with(prepare: Callable[[RvcSettings], RvcConversion], piece: Piece, given: Mapping[str, Any]) -> Converted:
    """Convert one atom with nets that may have to be loaded first, which counts as a stage of its own."""
    settings = RvcSettings.from_json(given)
    began = time.perf_counter()
    conversion = prepare(settings)
    loaded = time.perf_counter() - began
    converted = conversion.convert(piece, settings)
    return replace(converted, stages={LOAD: loaded, **converted.stages})


def _share(pitch: Pitch, settings: RvcSettings, *, protects: bool) -> Floats:
    """The share of retrieved features in each 10-ms frame: less where nothing is voiced, to keep consonants clear."""
    share = np.full(len(pitch), settings.index_rate, np.float32)
    if protects and settings.protect < UNPROTECTED:
        share[pitch <= 0.0] *= settings.protect
    return share
