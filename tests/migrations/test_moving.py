"""Migrating a database that holds data, up and down, whatever goes wrong on the way."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, event, text

from migrations.running import downgrade, upgrade
from storage.errors import MigrationNeeded
from storage.records.database import REVISION, Database
from tests.migrations.tables import counts, fill, names, revisions

UPGRADE = """
import sys
from migrations.running import upgrade
from storage.records.database import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(database)
"""


def test_every_step_up_keeps_the_data(empty: Database) -> None:
    held: set[str] = set()
    for revision in revisions():
        upgrade(empty, revision)
        assert held & names(empty) <= {name for name, count in counts(empty).items() if count}
        fill(empty)
        held = {name for name, count in counts(empty).items() if count}
    assert held == names(empty)


def test_every_step_down_and_up_again_works_with_data(empty: Database) -> None:
    upgrade(empty)
    fill(empty)
    for revision in [*reversed(revisions()[:-1]), "base"]:
        downgrade(empty, revision)
        assert empty.revision() == (None if revision == "base" else revision)
    assert names(empty) == set()
    upgrade(empty)
    assert set(counts(empty).values()) == {0}
    fill(empty)


def test_upgrading_an_up_to_date_database_changes_nothing(empty: Database) -> None:
    upgrade(empty)
    fill(empty)
    upgrade(empty)
    assert set(counts(empty).values()) == {1}


def test_several_processes_may_upgrade_at_once(empty: Database) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", UPGRADE, str(empty.url)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "cwd": root}
    children: list[Any] = [subprocess.Popen(command, **pipes) for _ in range(3)]
    assert [child.stdout.readline() for child in children] == [b"ready\n"] * 3
    for child in children:
        child.stdin.write(b"\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0].decode() for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], said
    empty.require_revision()


def test_an_upgrade_that_fails_midway_changes_nothing(empty: Database) -> None:
    class PowerCut(Exception):
        pass

    def cut(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "CREATE TABLE leases" in statement:
            raise PowerCut

    event.listen(empty.engine, "before_cursor_execute", cut)
    with pytest.raises(PowerCut):
        upgrade(empty)
    event.remove(empty.engine, "before_cursor_execute", cut)
    assert names(empty) == set()
    assert empty.revision() is None
    upgrade(empty)
    empty.require_revision()


def test_rebuilding_a_table_does_not_delete_rows_that_refer_to_it(empty: Database) -> None:
    upgrade(empty)
    fill(empty)
    with empty.migrating() as connection:
        operations = Operations(MigrationContext.configure(connection))
        always = "always" if empty.is_sqlite else "auto"
        with operations.batch_alter_table("jobs", recreate=always) as jobs:  # type: ignore[arg-type]
            jobs.add_column(Column("added", Integer()))
    assert set(counts(empty).values()) == {1}
    with empty.writing() as connection:
        connection.execute(text("DELETE FROM jobs"))
    left = counts(empty)
    assert {left[name] for name in ("jobs", "atoms", "leases", "attempts")} == {0}, "keys are followed again"


@pytest.mark.parametrize("move", [upgrade, downgrade])
def test_a_revision_that_does_not_exist_is_reported(empty: Database, move: Any) -> None:
    upgrade(empty)
    with pytest.raises(MigrationNeeded, match=r"cannot .* to '4711'.*install that version"):
        move(empty, "4711")
    assert empty.revision() == REVISION


def test_a_database_newer_than_the_program_is_left_alone(empty: Database) -> None:
    upgrade(empty)
    fill(empty)
    with empty.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MigrationNeeded, match=r"9999.*install that version"):
        upgrade(empty)
    assert empty.revision() == "9999"
    assert set(counts(empty).values()) == {1}
