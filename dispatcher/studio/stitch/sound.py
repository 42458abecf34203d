"""The sound of a job's result before it is encoded: its channels as streams, and the streams side by side."""

from collections.abc import Iterator, Sequence

import numpy as np

from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.studio.stitch import loudness
from dispatcher.studio.stitch.atoms import Atoms
from dispatcher.studio.stitch.joining import AHEAD, Stretch, joined, prepared, stretches
from storage.audio.blocks import Frames, Mono, in_equal_blocks
from storage.audio.grid import resampled_length
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord
from workers.engines.samples import Samples

#: Frames joined side by side at a time: a few hundred kilobytes a channel.
_BLOCK_FRAMES = 1 << 16


class ConvertedSound:
    """What a job's atoms were converted into, channel by channel, at the voice's rate."""

    def __init__(self, store: ObjectStore, atoms: Atoms, job: JobRecord) -> None:
        self.store = store
        self.atoms = atoms
        self.job = job
        self.mix = float(job.settings.get(loudness.SETTING, 1.0))
        self.stretches = stretches(atoms, job)
        # So that many channels do not take many times the memory of one.
        self.ahead = max(AHEAD // len(self.stretches), 1)

    @property
    def is_mixed(self) -> bool:
        """Whether it gets some of the recording's own loudness, so that no report tells its peak."""
        return self.mix < 1.0

    def channels(self) -> list[Iterator[Samples] | None]:
        """Every channel as a stream; none for a channel without sound."""
        return [self._stream(stretch) if stretch.has_atoms else None for stretch in self.stretches]

    def _stream(self, stretch: Stretch) -> Iterator[Samples]:
        job = self.job
        converted = joined(self.store, self.atoms, converted_prefix(job), stretch, self.ahead)
        if not self.is_mixed:
            return converted
        source = prepared(self.store, self.atoms, atoms_prefix(job), stretch, self.ahead)
        return loudness.mixed(
            loudness.Stream(converted, job.rate_voice, self._length(job.rate_voice)),
            loudness.Stream(source, job.rate_in, self._length(job.rate_in)),
            self.mix,
        )

    def _length(self, rate: int) -> int:
        """Samples of each channel at this rate."""
        return resampled_length(self.job.source_frames, self.job.source_rate, rate)


def side_by_side(channels: Sequence[Iterator[Mono] | None], frames: int) -> Iterator[Mono | Frames]:
    """Streams of so many samples each as one stream of frames; silence stands for a channel without a stream."""
    if len(channels) == 1 and channels[0] is not None:
        yield from channels[0]
        return
    columns = [in_equal_blocks(_silence(frames) if one is None else one, _BLOCK_FRAMES) for one in channels]
    for blocks in zip(*columns, strict=True):
        yield np.stack(blocks, axis=1)


def _silence(frames: int) -> Iterator[Mono]:
    for start in range(0, frames, _BLOCK_FRAMES):
        yield np.zeros(min(_BLOCK_FRAMES, frames - start), np.float32)
