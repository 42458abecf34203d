"""The converted atoms as one stream of samples, in order, fetched ahead."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy import select

from storage import keys
from storage.audio import atomfile
from storage.audio.resample import StreamResampler
from storage.errors import AudioError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from workers.engines.engine import Samples

#: Atoms fetched and decoded ahead of the one being written.
AHEAD = 4
#: Rows read at a time: a recording of days has tens of thousands.
PAGE = 500
#: Headroom that the finished file keeps, as the reference implementations do.
LOUDEST = 0.99


def joined(database: Database, store: ObjectStore, job: JobRecord, prefix: str) -> Iterator[Samples]:
    """Every atom's samples at the voice's rate, one after the other."""
    with ThreadPoolExecutor(AHEAD, "fetch") as fetchers:
        ahead: deque[Future[Samples]] = deque()
        for key, length in _results(database, job.id, prefix):
            ahead.append(fetchers.submit(_fetch, store, key, length))
            if len(ahead) > AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _results(database: Database, job_id: int, prefix: str) -> Iterator[tuple[str, int]]:
    after = -1
    while True:
        with database.reading() as connection:
            rows = connection.execute(
                select(AtomRecord.number, AtomRecord.start, AtomRecord.stop, AtomRecord.first, AtomRecord.last,
                       AtomRecord.out_stop - AtomRecord.out_start)
                .where(AtomRecord.job_id == job_id, AtomRecord.number > after)
                .order_by(AtomRecord.number)
                .limit(PAGE)
            ).all()  # fmt: skip
        for number, start, stop, first, last, length in rows:
            after = number
            yield keys.converted_key(prefix, start, stop, first, last), length
        if len(rows) < PAGE:
            return


def _fetch(store: ObjectStore, key: str, length: int) -> Samples:
    samples, _ = atomfile.decode(store.get(key))
    if len(samples) != length:
        raise AudioError(f"{key} holds {len(samples)} samples instead of {length}; remove it and run `voicefarm retry`")
    return samples


def guarded(blocks: Iterator[Samples], peak: float) -> Iterator[Samples]:
    """The whole recording turned down where its loudest sample would be beyond full scale."""
    gain = min(1.0, LOUDEST / peak) if peak > 0.0 else 1.0
    for block in blocks:
        yield block if gain == 1.0 else block * block.dtype.type(gain)


def at_rate(blocks: Iterator[Samples], rate_in: int, rate_out: int) -> Iterator[Samples]:
    """The stream at another rate."""
    resampler = StreamResampler(rate_in, rate_out)
    for block in blocks:
        yield resampler.push(block)
    yield resampler.finish()
