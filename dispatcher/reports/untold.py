"""Who could not be told of the end of a job or of a batch so far, and why."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import InstrumentedAttribute

from storage.records.database import Database
from storage.records.notices import NoticeRecord
from storage.records.rows import columns
from storage.records.states import NoticeState


class _Untold(NamedTuple):
    """A notice that was tried in vain."""

    target: str
    state: str
    tries: int
    said: str


def untold_of_jobs(database: Database, job_ids: Sequence[int]) -> dict[int, str]:
    """A sentence for each of these jobs of whose end somebody could not be told."""
    with database.reading() as connection:
        return _untold(connection, NoticeRecord.job_id, job_ids)


def untold_of_batches(connection: Connection, batch_ids: Sequence[int]) -> dict[int, str]:
    """The same for batches."""
    return _untold(connection, NoticeRecord.batch_id, batch_ids)


def _untold(connection: Connection, about: InstrumentedAttribute[int | None], numbers: Sequence[int]) -> dict[int, str]:
    statement = (
        select(about, *columns(_Untold, NoticeRecord))
        .where(about.in_(numbers), NoticeRecord.state != NoticeState.DELIVERED, NoticeRecord.said != "")
        .order_by(NoticeRecord.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for number, *rest in connection.execute(statement):
        found[number].append(_sentence(_Untold(*rest)))
    return {number: "; ".join(dict.fromkeys(sentences)) for number, sentences in found.items()}


def _sentence(notice: _Untold) -> str:
    times = f"{notice.tries} {'try' if notice.tries == 1 else 'tries'}"
    end = f"given up after {times}" if notice.state == NoticeState.GIVEN_UP else f"{times} so far"
    return f"{notice.said} ({end})"
