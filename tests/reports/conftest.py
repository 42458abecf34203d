"""A separate database for each test, and the command line on top of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from dispatcher.cli.main import cli
from migrations.running import upgrade
from storage.records.database import Database
from storage.records.schema import Record

Keep = Callable[..., None]
Run = Callable[..., Result]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEFARM_STATE", str(folder))
    return folder


@pytest.fixture
def database(state: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{state / 'records.sqlite3'}")
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def keep(database: Database) -> Keep:
    """Put records into the database."""

    def keep(*records: Record) -> None:
        with database.writing() as connection, Session(connection) as session:
            session.add_all(records)
            session.commit()

    return keep


@pytest.fixture
def run(state: Path) -> Run:
    """Run voicefarm with these words; refusals are raised, as `main` gets them."""

    def run(*words: object) -> Result:
        return CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=True, catch_exceptions=True)

    return run
