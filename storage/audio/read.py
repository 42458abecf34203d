"""Reads a recording at its own rate: its mix or one of its channels as mono blocks, or all channels side by side."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from storage.audio.blocks import EqualBlocks, Frames, Mono
from storage.audio.decoders import open_decoder
from storage.audio.extras_there import holds_extras
from storage.audio.facts import Decoder, SourceFacts, no_samples
from storage.audio.mix import MixingLoss, mean_of_channels
from storage.audio.silence import SilentChannels
from storage.audio.source_file import BinarySource, open_file
from storage.errors import AudioError

__all__ = ["SourceFacts", "probe"]


def probe(source: Path | BinarySource, name: str, *, allow_truncated: bool = False, track: int = 0) -> SourceFacts:
    """What the header says; raises an AudioError that says why if it cannot be converted."""
    with (
        open_file(source, name) as file,
        closing(open_decoder(file, allow_truncated=allow_truncated, track=track)) as decoder,
    ):
        return replace(decoder.facts, extras=decoder.facts.extras or holds_extras(file))


class Source:
    """An opened recording, to be read once from beginning to end."""

    def __init__(self, decoder: Decoder, channel: int | None = None, *, with_others: bool = False) -> None:
        self._decoder = decoder
        self._channel = channel
        self._with_others = with_others
        self._loss = MixingLoss()
        self._silent = SilentChannels(decoder.facts.channels)

    @property
    def facts(self) -> SourceFacts:
        """What the header says."""
        return self._decoder.facts

    @property
    def mixing_loss_db(self) -> float:
        """How much weaker the mix read so far is than its channels; large where they cancel out."""
        return self._loss.decibels

    @property
    def silent_channels(self) -> frozenset[int]:
        """The channels without sound in what was read so far; looked for only where one channel is read by itself."""
        return self._silent.numbers

    def blocks(self, seconds: float = 2.0) -> Iterator[Mono]:
        """Mono float32 blocks of this length, the last one shorter; joined, they are the same for every length."""
        equal = EqualBlocks(max(1, round(seconds * self.facts.rate)))
        done = 0
        for piece in self._decoder.pieces():
            mono = self._one_of(piece, done)
            _refuse_non_numbers(mono, done, self.facts)
            done += len(mono)
            yield from equal.push(mono)
        if not done:
            raise no_samples(self.facts.name)
        if len(rest := equal.rest()):
            yield rest

    def frames(self) -> Iterator[Frames]:
        """All channels, in pieces that are valid until the next one is asked for."""
        done = 0
        for piece in self._decoder.pieces():
            _refuse_other_channels(piece, done, self.facts)
            _refuse_non_numbers(piece, done, self.facts)
            done += len(piece)
            yield piece

    def _one_of(self, piece: Frames, done: int) -> Mono:
        """The mix of a piece, or the channel that is read."""
        if self._channel is None:
            mono = mean_of_channels(piece)
            self._loss.add(piece, mono)
            return mono
        _refuse_other_channels(piece, done, self.facts)
        if self._with_others:
            _refuse_non_numbers(piece, done, self.facts)
        self._silent.add(piece)
        return piece[:, self._channel - 1]


@contextmanager
def open_source(
    source: Path | BinarySource,
    name: str,
    *,
    allow_truncated: bool = False,
    channel: int | None = None,
    with_others: bool = False,
    track: int = 0,
) -> Iterator[Source]:
    """Open a path or a seekable binary file, to read the mix or one channel from 1 on; messages call it `name`.

    `with_others` says that the other channels will be wanted too, so that what is no number is refused in them as well.
    """
    with (
        open_file(source, name) as file,
        closing(open_decoder(file, allow_truncated=allow_truncated, track=track)) as decoder,
    ):
        yield Source(decoder, channel, with_others=with_others)


def _refuse_other_channels(piece: Frames, done: int, facts: SourceFacts) -> None:
    if piece.shape[1] != facts.channels:
        raise AudioError(
            f"{facts.name} has {piece.shape[1]} channels instead of {facts.channels} from {done / facts.rate:.3f} s on;"
            " convert it to one number of channels first"
        )


def _refuse_non_numbers(samples: Mono | Frames, done: int, facts: SourceFacts) -> None:
    good = np.isfinite(samples)
    if good.all():
        return
    at = done + int(np.argmin(good.reshape(len(good), -1).all(axis=1)))
    raise AudioError(
        f"{facts.name} holds a value that is not finite (NaN or infinity) at sample {at} "
        f"({at / facts.rate:.3f} s); export the recording again"
    )
