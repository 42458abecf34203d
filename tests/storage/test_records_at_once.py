"""Several processes on one database; threads with separate connections stand in for them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Barrier, Event

import pytest
from sqlalchemy import select, text, update

from storage.errors import DatabaseUnavailable
from storage.records.database import Database
from storage.records.rows import insert_if_absent
from storage.records.schema import FarmRecord
from testing.services.waiting import wait_until
from tests.storage.rows import add_fact, facts

#: Long enough for a thread that does not wait to finish.
A_MOMENT = 0.3
ENOUGH = 20.0


def at_once(count: int, action: Callable[[int], None]) -> None:
    """Run an action in this many threads, which all start together."""
    ready = Barrier(count)

    def run(number: int) -> None:
        ready.wait(ENOUGH)
        action(number)

    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(run, number) for number in range(count)]:
            future.result(ENOUGH)


def test_two_sqlite_writers_wait_for_one_another(migrated_sqlite_url: str) -> None:
    database = Database(migrated_sqlite_url)
    started = Event()

    def second() -> None:
        started.set()
        with database.writing() as connection:
            add_fact(connection, "second")

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as connection:
            add_fact(connection, "first")
            waiting: Future[None] = pool.submit(second)
            assert started.wait(ENOUGH)
            with pytest.raises(NotYet):
                waiting.result(A_MOMENT)
        waiting.result(ENOUGH)
    assert set(facts(database)) == {"first", "second"}
    database.close()


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as connection:
        add_fact(connection, "one")
        assert facts(database) == {}, "what is not committed is not seen"
    assert facts(database) == {"one": 1.0}


def test_writers_do_not_wait_for_a_reader(database: Database) -> None:
    with database.reading() as connection:
        connection.execute(select(FarmRecord)).all()
        with database.writing() as writer:
            add_fact(writer, "one")
    assert facts(database) == {"one": 1.0}


def test_decisions_are_made_one_after_the_other(database: Database) -> None:
    with database.writing() as connection:
        add_fact(connection, "count", 0.0)

    def count_up(_: int) -> None:
        for _ in range(10):
            with database.deciding() as connection:
                seen = connection.execute(select(FarmRecord.value)).scalar_one()
                connection.execute(update(FarmRecord).values(value=seen + 1))

    at_once(4, count_up)
    assert facts(database) == {"count": 40.0}


def test_a_second_dispatcher_on_postgres_waits_while_the_first_decides(postgres: Database) -> None:
    other = Database(str(postgres.url))

    def decide() -> None:
        with other.deciding() as connection:
            add_fact(connection, "second")

    with ThreadPoolExecutor(1) as pool:
        with postgres.deciding() as connection:
            add_fact(connection, "first")
            waiting = pool.submit(decide)
            wait_until(lambda: _waiters(postgres) == 1, ENOUGH, "the second dispatcher to wait its turn")
            with postgres.writing() as ordinary:
                add_fact(ordinary, "from one who decides nothing")
            assert not waiting.done()
        waiting.result(ENOUGH)
    assert set(facts(postgres)) == {"first", "second", "from one who decides nothing"}
    other.close()


def test_a_dispatcher_that_dies_while_deciding_holds_up_nobody(postgres: Database) -> None:
    def die() -> None:
        with postgres.deciding() as connection:
            add_fact(connection, "lost")
            mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with postgres.writing() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            connection.execute(select(FarmRecord)).all()

    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        die()
    with postgres.deciding() as connection:
        add_fact(connection, "next")
    assert set(facts(postgres)) == {"next"}


def test_inserting_the_same_row_at_the_same_moment_does_no_harm(database: Database) -> None:
    def insert(number: int) -> None:
        with database.writing() as connection:
            insert_if_absent(connection, FarmRecord, name="one", value=float(number))
            add_fact(connection, f"by {number}")

    at_once(6, insert)
    found = facts(database)
    assert found.pop("one") in range(6)
    assert len(found) == 6, "the rest of every transaction counts"


def test_an_older_row_is_left_as_it_is(database: Database) -> None:
    for value in (1.0, 2.0):
        with database.writing() as connection:
            insert_if_absent(connection, FarmRecord, name="one", value=value)
    assert facts(database) == {"one": 1.0}


def _waiters(database: Database) -> int:
    with database.reading() as connection:
        found = connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        return int(found.scalar_one())
