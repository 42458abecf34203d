"""Mixing back: the channels of a recording that were not converted, beside the one that was."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

import numpy as np

from storage import keys
from storage.audio.blocks import Frames, Mono, in_equal_blocks
from storage.audio.channels import Channels
from storage.audio.read import Source, open_source
from storage.audio.resample import resampled
from storage.errors import AudioError
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord
from workers.effects.effect import Shape
from workers.effects.grammar import read_chain

#: Values (frames times channels) put side by side at a time: half a megabyte of the others.
_BLOCK_VALUES = 1 << 17


def is_mixed_back(job: JobRecord) -> bool:
    """Whether channels of the recording go into the job's result; one that has only one has none to give."""
    return job.mix_back and job.source_channels > 1


def channels_of_result(job: JobRecord) -> int:
    """How many channels the job's result has."""
    if is_mixed_back(job):
        return job.source_channels
    converted = Channels(job.channels).streams(job.source_channels)
    return read_chain(job.effects_after).becomes(Shape(job.rate_out, converted)).channels


def recording_of(store: ObjectStore, job: JobRecord) -> AbstractContextManager[Source | None]:
    """The job's recording, opened; none where nothing of it goes into the result."""
    return _opened(store, job) if is_mixed_back(job) else nullcontext()


@contextmanager
def _opened(store: ObjectStore, job: JobRecord) -> Iterator[Source]:
    with (
        closing(store.open(keys.source_key(job.source_hash))) as file,
        open_source(file, job.name, allow_truncated=job.allow_truncated, track=job.track) as source,
    ):
        yield source


def among_others(voice: Iterator[Mono], source: Source, job: JobRecord) -> Iterator[Frames]:
    """The converted channel in the place of the one that it was made of, between the recording's others.

    Both lie on the same samples, and only the others' rate is changed. They end together, or the recording is not the
    one that was cut.
    """
    if (source.facts.channels, source.facts.rate) != (job.source_channels, job.source_rate):
        raise _changed(job)
    place, others = (Channels(job.channels).number or 1) - 1, job.source_channels - 1
    size = _BLOCK_VALUES // others
    pieces = resampled(_without(place, source, job), source.facts.rate, job.rate_out, others)
    for ours, theirs in zip(in_equal_blocks(voice, size), in_equal_blocks(pieces, size, others), strict=True):
        yield np.insert(theirs.reshape(len(theirs), others), place, ours, axis=1)


def _without(place: int, source: Source, job: JobRecord) -> Iterator[Mono | Frames]:
    """All channels but one, exactly as many frames as were cut."""
    done = 0
    for piece in source.frames():
        done += len(piece)
        if done > job.source_frames:
            break
        rest = np.delete(piece, place, axis=1)
        yield rest[:, 0] if rest.shape[1] == 1 else rest
    if done != job.source_frames:
        raise _changed(job)


def _changed(job: JobRecord) -> AudioError:
    return AudioError(
        f"{job.name} is not read as it was when it was cut, so its other channels cannot be mixed back; hand it"
        " in again"
    )
