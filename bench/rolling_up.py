"""A hundred thousand jobs are rolled up: how fast, how long others wait for it meanwhile, and what room it gives."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe

from sqlalchemy import Connection, func, select, text, update

from bench.figures import Figure, machine, show
from bench.records import JOBS, farms
from dispatcher.client.farm import Farm
from dispatcher.studio.rolling_up import RollingUp
from storage.records.database import Database
from storage.records.rows import insert_if_absent
from storage.records.schema import FarmRecord, JobRecord

#: Attempts of each job.
PIECES = 5
#: Jobs to roll up in a second, so that a million take no more than an hour and a half of sweeping.
ENOUGH = 200.0
#: Seconds that a transaction may take, and that another writer may wait, of a hundred times all but one.
LONGEST, WAIT = 0.1, 0.25
#: Seconds between two short writes of somebody else.
PAUSE = 0.02


class Timed(Database):
    """Knows how long its longest writing transaction took, with what it waited for others."""

    longest = 0.0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is timed."""
        began = time.perf_counter()
        with super().writing() as connection:
            yield connection
        self.longest = max(self.longest, time.perf_counter() - began)


def measure() -> list[Figure]:
    """Roll up on both databases."""
    return [figure for name, farm in farms(PIECES) for figure in _measured(name, farm)]


def _measured(name: str, farm: Farm) -> Iterator[Figure]:
    database = Timed(farm.settings.resolved_database_url)
    with database.writing() as connection:
        connection.execute(update(JobRecord).values(swept=True))
    _tidy(database)
    database.longest, before, report = 0.0, _size(database), farm.report_since(0.0).total
    with _somebody_else(database.url) as waits:
        began = time.perf_counter()
        while _left(database):
            RollingUp(database, time.time()).run()
        took = time.perf_counter() - began
    waited = sorted(waits)
    percentile = waited[int(len(waited) * 0.99)]
    yield Figure(f"jobs rolled up a second, {name}", f"{JOBS / took:.0f}", f"{ENOUGH:.0f}", JOBS / took >= ENOUGH)
    longest = database.longest
    yield Figure(f"longest transaction, {name}", f"{longest * 1000:.0f} ms", "100 ms", longest <= LONGEST)
    what = f"another writer waits, 99th percentile of {len(waited)}, the longest {waited[-1] * 1000:.0f} ms, {name}"
    yield Figure(what, f"{percentile * 1000:.0f} ms", "250 ms", percentile <= WAIT)
    full = _size(database)
    _tidy(database)
    after = _size(database)
    yield Figure(
        f"megabytes in use before and after, and of the files afterwards, {name}",
        f"{before[0]:.0f} and {after[0]:.0f}, {max(full[1], after[1]):.0f}", "less", after[0] < before[0],
    )  # fmt: skip
    assert farm.report_since(0.0).total.done == report.done, "the report says the same"
    database.close()


def _left(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).where(~JobRecord.cleared)).scalar_one()


def _tidy(database: Database) -> None:
    """Do at once what PostgreSQL does by itself after a while; SQLite has nothing to do."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _size(database: Database) -> tuple[float, float]:
    """Megabytes that rows and indexes fill, and those of the files."""
    with database.reading() as connection:
        if not database.is_sqlite:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            return _live_size(connection), size / 1e6
        page, pages, free = (
            connection.execute(text(f"PRAGMA {what}")).scalar_one()
            for what in ("page_size", "page_count", "freelist_count")
        )
        return page * (pages - free) / 1e6, page * pages / 1e6


def _live_size(connection: Connection) -> float:
    """Megabytes of rows, by PostgreSQL's own estimate of how many there are and how wide."""
    query = text(
        "SELECT sum(s.n_live_tup * (SELECT sum(avg_width) + 28 FROM pg_stats p WHERE p.tablename = s.relname))"
        " FROM pg_stat_user_tables s"
    )
    return float(connection.execute(query).scalar_one() or 0.0) / 1e6


@contextmanager
def _somebody_else(url: str) -> Iterator[list[float]]:
    """Another process that writes a row now and then; in the end, the seconds that each write took."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_write_now_and_then, args=(url, theirs))
    process.start()
    ours.recv()
    waits: list[float] = []
    try:
        yield waits
    finally:
        ours.send(None)
        waits += ours.recv()
        process.join()


def _write_now_and_then(url: str, pipe: Pipe) -> None:
    database = Database(url)
    waits: list[float] = []
    pipe.send(None)
    while not pipe.poll(PAUSE):
        began = time.perf_counter()
        with database.writing() as connection:
            insert_if_absent(connection, FarmRecord, name="bench", value=0.0)
            connection.execute(update(FarmRecord).where(FarmRecord.name == "bench").values(value=time.time()))
        waits.append(time.perf_counter() - began)
    database.close()
    pipe.send(waits)


if __name__ == "__main__":
    print(machine())
    show(measure())
