"""A recording's atoms, the same ones whenever it is cut, and what is known of it once it has been read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dispatcher.studio.split.cutter import CutAtom, CutRules, Cutter
from dispatcher.studio.split.prepare import Prepared
from storage.audio.blocks import Frames
from storage.audio.channels import Channels
from storage.audio.grid import channel_stride
from storage.audio.read import Source, open_source
from storage.audio.source_file import BinarySource
from storage.records.schema import JobRecord
from workers.effects.chaining import settled
from workers.effects.effect import Chain, Shape
from workers.effects.grammar import read_chain

#: Decibels that a mix of channels may lose without a remark: wide stereo loses a few, antiphase nearly everything.
LOUD_LOSS = 20.0
#: What is said of a recording whose other channels somebody wanted back.
ONE_CHANNEL = "it has one channel, so nothing was mixed back, and its result is the voice alone"


class Cutting:
    """Cuts one recording: its mix, one of its channels, or each of them, one after the other on one line of time.

    Where each is wanted, channels without sound have no atoms, and the recording is read once for each of the others.
    """

    def __init__(self, file: BinarySource, job: JobRecord, longest: float) -> None:
        self.file = file
        self.job = job
        self.rules = CutRules.of(job.rate_in, longest, job.context_samples)
        self.frames = 0
        """Frames of the recording, once it has been read to its end; 0 before."""
        self.rate = job.source_rate
        self.streams = 1
        """Channels that have atoms, once it has been read to its end."""
        self.remark = ""
        """What its owner should know of it: a sentence."""

    @property
    def seconds(self) -> float:
        """How long all that is converted of it lasts, once it has been read to its end."""
        return self.streams * self.frames / self.rate

    def atoms(self) -> Iterator[CutAtom]:
        """All atoms, in order."""
        channels = Channels(self.job.channels)
        if channels.is_each:
            yield from self._of_each()
            return
        effects = self._effects(channels.number)
        with self._opened(channels.number) as source:
            yield from self._cut(source, effects)
            alone = self.job.mix_back and source.facts.channels == 1
            self.remark = ONE_CHANNEL if alone else remark_on_mix(source.mixing_loss_db)

    def _of_each(self) -> Iterator[CutAtom]:
        """The atoms of every channel with sound; those of the first as it is read for the first time."""
        number, handed_out, effects = 0, False, self._effects(1)
        with self._opened(1) as source:
            for atom in self._cut(source, effects):
                # A first channel that begins with silence may be all silent: it is read to its end to find out.
                handed_out = handed_out or (atom.number == 0 and 1 not in source.silent_channels)
                if handed_out:
                    number += 1
                    yield atom
            silent, count = source.silent_channels, source.facts.channels
        wanted = [channel for channel in range(1, count + 1) if channel not in silent]
        self.streams = len(wanted)
        for channel in wanted[1:] if handed_out else wanted:
            origin = (channel - 1) * channel_stride(self.frames, self.rate, self.job.rate_in)
            effects = self._effects(channel)
            with self._opened(channel) as source:
                for atom in self._cut(source, effects):
                    yield _moved(atom, origin, number)
                    number += 1

    @contextmanager
    def _opened(self, channel: int | None) -> Iterator[Source]:
        job = self.job
        with open_source(
            self.file, job.name, allow_truncated=job.allow_truncated, channel=channel, with_others=job.mix_back,
            track=job.track,
        ) as source:  # fmt: skip
            self.rate = source.facts.rate
            yield source

    def _effects(self, channel: int | None) -> Chain:
        """What is done to a channel first; some effects must hear all of it before they do anything."""
        chain = read_chain(self.job.effects_before)
        if not chain.measures:
            return chain
        with self._opened(channel) as source:
            rate = source.facts.rate
        return settled(chain, lambda: self._heard(channel), Shape(rate, 1))

    def _heard(self, channel: int | None) -> Iterator[Frames]:
        with self._opened(channel) as source:
            for block in source.blocks():
                yield block[:, None]

    def _cut(self, source: Source, effects: Chain) -> Iterator[CutAtom]:
        """Cut what is read from here on; the count of frames is known when the last atom is."""
        prepared, cutter = Prepared(source, self.job.rate_in, effects), Cutter(self.rules)
        for block in prepared.blocks():
            yield from cutter.push(block)
        self.frames = prepared.frames
        yield from cutter.finish()


def _moved(atom: CutAtom, by: int, number: int) -> CutAtom:
    """The atom of a channel whose beginning lies that far along the line of time."""
    return replace(
        atom, number=number, origin=by,
        start=atom.start + by, stop=atom.stop + by, first=atom.first + by, last=atom.last + by,
    )  # fmt: skip


def remark_on_mix(loss_db: float) -> str:
    """A sentence if mixing its channels has cost a recording nearly all of its sound."""
    if loss_db <= LOUD_LOSS:
        return ""
    return (
        f"mixed to mono it is {loss_db:.0f} dB quieter than its channels, which cancel each other; convert one channel,"
        " or each by itself"
    )
