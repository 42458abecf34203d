"""The converted atoms of a channel as one stream of samples, in order, fetched ahead."""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from dispatcher.studio.stitch.atoms import Atoms
from storage import keys
from storage.audio import atomfile
from storage.audio.channels import Channels
from storage.audio.grid import channel_stride
from storage.errors import AtomLost, AudioError, ObjectMissing
from storage.objects.store import ObjectStore
from storage.records.rows import AtomRow
from storage.records.schema import JobRecord
from workers.engines.samples import Samples

#: Atoms fetched and decoded ahead of the one being written.
AHEAD = 4
#: Seconds between attempts to read an atom that arrived damaged: the fault may be in transit rather than on the disk.
READ_AGAIN = (0.5, 2.0)
#: Highest peak of the finished file, as in the reference implementations.
LOUDEST = 0.99


@dataclass(frozen=True, slots=True)
class _Part:
    """Where an atom's samples lie: an object, how many it holds, and which of them are meant."""

    number: int
    key: str
    length: int
    wanted: slice
    is_prepared: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of the line of time that one channel has; a channel without sound has no atoms there."""

    start: int
    stop: int
    has_atoms: bool


def stretches(atoms: Atoms, job: JobRecord) -> list[Stretch]:
    """Where the channels of a job's result lie; where all are mixed to one, it begins at zero."""
    stride = channel_stride(job.source_frames, job.source_rate, job.rate_in)
    starts = [stride * number for number in range(Channels(job.channels).streams(job.source_channels))]
    return [Stretch(at, at + stride, atoms.has_any(at, at + stride)) for at in starts]


def joined(store: ObjectStore, atoms: Atoms, prefix: str, stretch: Stretch, ahead: int) -> Iterator[Samples]:
    """Every converted atom's samples at the voice's rate, one after the other."""
    wanted = atoms.between(stretch.start, stretch.stop)
    return _fetched_ahead(store, (_converted(prefix, atom) for atom in wanted), ahead)


def prepared(store: ObjectStore, atoms: Atoms, prefix: str, stretch: Stretch, ahead: int) -> Iterator[Samples]:
    """The recording as the engine got it, at its rate, one atom after the other without their contexts."""
    wanted = atoms.between(stretch.start, stretch.stop)
    return _fetched_ahead(store, (_prepared(prefix, atom) for atom in wanted), ahead)


def _converted(prefix: str, atom: AtomRow) -> _Part:
    key = keys.converted_key(prefix, atom.start, atom.stop, atom.first, atom.last)
    return _Part(atom.number, key, atom.out_stop - atom.out_start, slice(None), is_prepared=False)


def _prepared(prefix: str, atom: AtomRow) -> _Part:
    wanted = slice(atom.start - atom.first, atom.stop - atom.first)
    key = keys.atom_key(prefix, atom.first, atom.last)
    return _Part(atom.number, key, atom.last - atom.first, wanted, is_prepared=True)


def _fetched_ahead(store: ObjectStore, parts: Iterator[_Part], most: int) -> Iterator[Samples]:
    first, second = next(parts, None), next(parts, None)
    if first is not None and second is None:
        # A short recording is one atom, for which starting threads would take longer than fetching.
        yield _fetch(store, first)
        return
    parts = chain((part for part in (first, second) if part is not None), parts)
    with ThreadPoolExecutor(most, "fetch") as fetchers:
        ahead: deque[Future[Samples]] = deque()
        for part in parts:
            ahead.append(fetchers.submit(_fetch, store, part))
            if len(ahead) > most:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _fetch(store: ObjectStore, part: _Part) -> Samples:
    for pause in READ_AGAIN:
        try:
            return _read(store, part)
        except AtomLost:
            time.sleep(pause)
    return _read(store, part)


def _read(store: ObjectStore, part: _Part) -> Samples:
    try:
        samples, _ = atomfile.decode(store.get(part.key), frames=part.length, key=part.key)
    except (ObjectMissing, AudioError) as error:
        raise AtomLost(part.number, str(error), is_prepared=part.is_prepared) from error
    return samples[part.wanted]


def gain_for(peak: float) -> float:
    """The factor that brings a recording's loudest sample within full scale."""
    return min(1.0, LOUDEST / peak) if peak > 0.0 else 1.0


def guarded(blocks: Iterator[Samples], peak: float) -> Iterator[Samples]:
    """The whole recording, turned down if its loudest sample would be beyond full scale."""
    gain = gain_for(peak)
    for block in blocks:
        yield block if gain == 1.0 else block * block.dtype.type(gain)
