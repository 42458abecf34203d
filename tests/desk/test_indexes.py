"""However many jobs there were, nothing that is asked often looks at all of them: every question has its index."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from dispatcher.client.farm import Farm
from dispatcher.desk.tick import over_of
from dispatcher.jobs.batches import make_batch
from dispatcher.jobs.loading import load_jobs, newest_jobs
from dispatcher.jobs.totals import HOUR
from dispatcher.reports.pulse import read_pulse
from dispatcher.reports.reading import read_period
from dispatcher.reports.work import Span
from dispatcher.studio.sweeping import DAY, Sweeping
from storage.objects.folder import FolderStore
from storage.records.database import Database
from storage.records.states import ENDED_JOBS, JobState
from storage.settings import Settings
from tests.desk.conftest import DeskModel

#: Tables that grow for as long as a farm stands.
GROWING = ("jobs", "atoms", "leases", "attempts", "attempt_totals", "workers")
#: Indexes that hold only what is open or due, and so may be read from one end to the other.
FEW = frozenset(
    {
        "atoms_by_token", "atoms_waiting", "jobs_to_feed", "jobs_to_roll_up", "jobs_to_sweep", "leases_alive",
        "leases_by_original",
    }
)  # fmt: skip

Asked = tuple[str, Any]


@pytest.fixture
def farm(desk: DeskModel, tmp_path: Path) -> Iterator[Farm]:
    farm = Farm(replace(Settings(), database_url=desk.database.url, state=str(tmp_path)))
    yield farm
    farm.database.close()


@contextmanager
def listened(*places: DeskModel | Farm) -> Iterator[list[Asked]]:
    """Within this block, all statements that read or change rows are kept with their parameters."""
    asked: list[Asked] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, ___: Any, is_many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            asked.append((statement, parameters[0] if is_many else parameters))

    engines = [place.database.engine for place in places]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)


def faults(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """The growing tables that a statement would read from one end to the other."""
    if connection.dialect.name == "sqlite":
        return list(_scans_of_sqlite(connection, statement, parameters))
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return list(_scans_of_postgres(plan["Plan"], has_limit=False))


def _scans_of_sqlite(connection: Connection, statement: str, parameters: Any) -> Iterator[str]:
    steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    goes_by_number = "LIMIT" in statement and not any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
    for step in steps:
        found = re.fullmatch(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if found and found[1] in GROWING and found[2] not in FEW and not (goes_by_number and not found[2]):
            yield step


def _scans_of_postgres(node: Mapping[str, Any], *, has_limit: bool) -> Iterator[str]:
    has_limit = has_limit or node["Node Type"] == "Limit"
    what = f"{node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}"
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING:
        yield what
    index = node.get("Index Name")
    if index and index not in FEW and "Index Cond" not in node and not has_limit:
        yield what
    for inner in node.get("Plans", ()):
        yield from _scans_of_postgres(inner, has_limit=has_limit)


def work(desk: DeskModel, farm: Farm, _: Path) -> None:
    """Everything that desks do for jobs, with a copy, a loss, and a bundle of short ones."""
    desk.beat("w1", most_leases=8)
    desk.beat("w2", most_leases=8)
    orders = desk.feed()
    desk.beat("w1", holding=tuple(order.token for order in orders[:1]), most_leases=8)
    desk.report(orders[0], "done", over=False)
    desk.report(orders[0], "failed", first=1)
    desk.feed()
    desk.tick()
    desk.tick(12.0, there=[])
    with desk.database.reading() as connection:
        over_of(connection, frozenset(order.token for order in orders))
    desk.beat("w1", state="gone", holding=("a", "b"))
    farm.batch("takes").cancel()


def look(desk: DeskModel, farm: Farm, _: Path) -> None:
    """Everything that people ask often."""
    for state in (None, *JobState):
        farm.jobs(state=state)
        farm.jobs(state=state, before=40)
        farm.jobs(state=state, batch="takes")
    newest_jobs(farm.database, 30, frozenset(JobState))
    newest_jobs(farm.database, 30, ENDED_JOBS)
    farm.job(1)
    farm.report(1)
    farm.batches()
    farm.batch("takes").summary()
    farm.batch("takes").report(desk.now)
    read_period(farm.database, Span(desk.now - HOUR, desk.now))
    farm.workers()
    read_pulse(farm.database, desk.now, 10.0, desk.now - HOUR)


def sweep(desk: DeskModel, _: Farm, folder: Path) -> None:
    """What is done to jobs that ended long ago."""
    Sweeping(desk.database, FolderStore(folder), keep_days=7.0, clock=lambda: desk.now + 8 * DAY).run()


@pytest.mark.parametrize("doing", [work, look, sweep])
def test_nothing_asked_often_looks_at_everything_there_ever_was(
    desk: DeskModel, farm: Farm, tmp_path: Path, doing: Callable[[DeskModel, Farm, Path], None]
) -> None:
    with desk.writing() as turn:
        batch, _ = make_batch(turn, "takes")
    for atoms in (12, 1, 1, 1):
        desk.job(atoms=atoms, batch_id=batch)
    desk.job(atoms=1, state="finished", ended_at=desk.now)
    with listened(desk, farm) as asked:
        doing(desk, farm, tmp_path)
    assert len(asked) > 10
    found = {}
    with desk.database.reading() as connection:
        for statement, parameters in asked:
            if scans := faults(connection, statement, parameters):
                found[statement] = scans
    assert not found, "\n\n".join(f"{scans}\n{statement}" for statement, scans in found.items())


def test_a_page_of_ended_jobs_is_read_without_sorting_all_of_them(migrated_sqlite_url: str) -> None:
    """Of SQLite alone: PostgreSQL chooses by what it knows of the rows."""
    desk = DeskModel(Database(migrated_sqlite_url))
    for state in ENDED_JOBS:
        with listened(desk) as asked:
            load_jobs(desk.database, 30, state=state)
        ((statement, parameters),) = asked
        with desk.database.reading() as connection:
            steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert steps == ["SEARCH jobs USING INDEX jobs_ended_by_number (state=?)"]
    desk.database.close()


def test_a_question_without_an_index_is_found(desk: DeskModel) -> None:
    with desk.database.reading() as connection:
        for statement in ("SELECT * FROM attempts WHERE busy > 1", "SELECT count(*) FROM jobs WHERE state != 'failed'"):
            assert faults(connection, statement, ()), statement
        assert not faults(connection, "SELECT * FROM attempts WHERE job_id = 1", ())
