"""The generator's sound, tile by tile; tiles of several atoms fill a batch together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.arriving import Arriving
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.framework import Nets, Noise
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.tiles import TILE, cut_each, even_tile, margins, tile_starts
from workers.engines.rvc.track import Track
from workers.engines.samples import Samples
from workers.engines.stages import Stages, timed_together
from workers.engines.voice import Piece


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


@dataclass(slots=True)
class Voiced:
    """A piece of which everything is known but its sound, which comes tile by tile."""

    piece: Piece
    track: Track
    tiles: dict[int, list[int]]
    """The first frames of its tiles, by the number of frames in a tile; between them it is silent."""
    stages: Stages
    frame: int
    """Samples in a frame of the output."""
    sound: Samples = field(init=False)
    """`[frames, samples]` of the wanted frames."""
    to_come: int = field(init=False)
    """Tiles without sound so far."""

    def __post_init__(self) -> None:
        self.sound = np.zeros((self.track.last - self.track.first, self.frame), np.float32)
        self.to_come = sum(len(starts) for starts in self.tiles.values())

    def take(self, start: int, frames: Samples) -> None:
        """The sound of a tile; the last one may reach beyond what is wanted."""
        begin = start - self.track.first
        room = self.sound[begin : begin + len(frames)]
        room[:] = frames[: len(room)]
        self.to_come -= 1


class _Tile(NamedTuple):
    """The first frame of a tile, and what it belongs to."""

    voiced: Voiced
    start: int


class Sounding:
    """Makes the sound of pieces with a voice's generator."""

    def __init__(self, sizes: SynthesizerSizes, nets: Nets, batches: Batches, noise: Noise) -> None:
        self.frame = sizes.frame
        self.nets = nets
        self.batches = batches
        self.noise = noise
        self.margin = margins(sizes)[0]

    def fill(self, pieces: Sequence[Voiced], settings: RvcSettings) -> Iterator[None]:
        """Give the pieces their sound, in order; yields after each batch of tiles.

        Each batch is asked for before the one before it is waited for, so that a device always has work.
        """
        for length, tiles in _by_length(pieces).items():

            def sound_of(some: Sequence[_Tile], length: int = length) -> Arriving:
                return self._sound_of(some, length, settings)

            left = iter(tiles)
            for sounds in one_ahead(self.batches.tiles.over(tiles, sound_of)):
                for frames in sounds.here().reshape(-1, length, self.frame):
                    tile = next(left)
                    tile.voiced.take(tile.start, frames)
                yield

    def _sound_of(self, tiles: Sequence[_Tile], length: int, settings: RvcSettings) -> Arriving:
        heard, margin = length + 2 * self.margin, self.margin
        stages = [tile.voiced.stages for tile in tiles]
        with timed_together("noise", stages):
            at = [(voiced.track.start + start - margin) * self.frame for voiced, start in tiles]
            noise = self.noise.source(settings.seed, at, heard * self.frame)
        with timed_together("generator", stages):
            places = [(voiced.track, start - margin) for voiced, start in tiles]
            return self.nets.sound(
                self.nets.stretches([(track.latent, start) for track, start in places], heard),
                cut_each([(track.sine.phase, start) for track, start in places], heard).astype(np.float32),
                cut_each([(track.sine.f0, start) for track, start in places], heard).astype(np.float32),
                noise,
                settings.speaker,
                self.batches.tiles.size,
            )


def one_ahead(batches: Iterable[Arriving]) -> Iterator[Arriving]:
    """The same batches, each only once the next one has been asked for."""
    before = None
    for batch in batches:
        if before is not None:
            yield before
        before = batch
    if before is not None:
        yield before


def _by_length(pieces: Sequence[Voiced]) -> dict[int, list[_Tile]]:
    """The tiles of all pieces, by the number of their frames."""
    tiles: dict[int, list[_Tile]] = {}
    for piece in pieces:
        for length, starts in piece.tiles.items():
            tiles.setdefault(length, []).extend(_Tile(piece, start) for start in starts)
    return tiles
