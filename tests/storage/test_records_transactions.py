"""What a transaction promises on either kind of database."""

import pytest
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from tests.storage.rows import ATOM, JOB, add_fact, add_job, facts


def test_writing_commits(database: Database) -> None:
    with database.writing() as connection:
        add_fact(connection, "one", 1 / 3)
    assert facts(database) == {"one": 1 / 3}


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_raising_rolls_everything_back(database: Database, kind: type[BaseException]) -> None:
    def write() -> None:
        with database.writing() as connection:
            add_fact(connection, "one")
            raise kind

    with pytest.raises(kind):
        write()
    assert facts(database) == {}
    with database.writing() as connection:
        add_fact(connection, "two")
    assert facts(database) == {"two": 1.0}


def test_deciding_commits_and_rolls_back_as_writing_does(database: Database) -> None:
    def decide(name: str, *, fail: bool) -> None:
        with database.deciding() as connection:
            add_fact(connection, name)
            if fail:
                raise RuntimeError

    decide("one", fail=False)
    with pytest.raises(RuntimeError):
        decide("two", fail=True)
    assert facts(database) == {"one": 1.0}


def test_reading_changes_nothing(database: Database) -> None:
    with database.reading() as connection:
        add_fact(connection, "one")
    assert facts(database) == {}


def test_a_broken_rule_is_not_taken_for_a_server_that_is_away(database: Database) -> None:
    with database.writing() as connection:
        add_fact(connection, "one", 1.0)
    with pytest.raises(IntegrityError) as raised, database.writing() as connection:
        add_fact(connection, "one", 2.0)
    assert raised.value.__cause__ is not raised.value
    assert facts(database) == {"one": 1.0}


def test_an_atom_needs_its_job(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(AtomRecord).values({**ATOM, "job_id": 12345}))


def test_atoms_go_with_their_job(database: Database) -> None:
    with database.writing() as connection:
        kept, removed = add_job(connection), add_job(connection)
        connection.execute(delete(JobRecord).where(JobRecord.id == removed))
    with database.reading() as connection:
        assert connection.execute(select(AtomRecord.job_id)).scalars().all() == [kept]


def test_values_come_back_as_they_went_in(database: Database) -> None:
    with database.writing() as connection:
        job_id = add_job(connection, name="Ünïcödé " * 100)
    with database.reading() as connection:
        row = connection.execute(select(JobRecord.__table__).where(JobRecord.id == job_id)).mappings().one()
    assert {name: row[name] for name in JOB} == {**JOB, "name": "Ünïcödé " * 100}
    assert row["claim"] is None


def test_job_numbers_are_assigned_by_the_database(database: Database) -> None:
    with database.writing() as connection:
        numbers = [add_job(connection) for _ in range(3)]
    assert numbers == [1, 2, 3]
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(JobRecord)).scalar() == 3
