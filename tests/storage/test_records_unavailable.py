"""A database that cannot be used is reported in a sentence, which gives no password away."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.errors import DatabaseUnavailable, NoSpace, VoicefarmError
from storage.records.database import Database
from testing.services.postgres import PostgresServer
from testing.services.server import HOST, PASSWORD, free_port
from tests.storage.rows import add_fact, facts

SECRET = "s3cr3t"


def use(url: str) -> None:
    database = Database(url)
    try:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE things (x TEXT)"))
    finally:
        database.close()


def told(action: Callable[[], None], kind: type[VoicefarmError] = DatabaseUnavailable) -> str:
    """The error's sentence, which must say what to check and contain no password."""
    with pytest.raises(kind) as raised:
        action()
    sentence = str(raised.value)
    assert SECRET not in sentence
    assert PASSWORD not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    "url",
    [
        "",
        "records",
        SECRET,
        f"mysql://u:{SECRET}@host/db",
        f"postgresql+nonsense://u:{SECRET}@host/db",
        f"postgresql://u:{SECRET}@host:port/db",
        f"postgresql://u:{SECRET}@[::1/db",
        f"http://u:{SECRET}@host/db",
    ],
)
def test_a_url_that_names_no_usable_database_is_reported(url: str) -> None:
    assert "it must be postgresql://" in told(lambda: use(url))


def test_a_driver_that_is_not_installed_is_reported() -> None:
    assert "pip install 'voicefarm[postgres]'" in told(lambda: use(f"postgresql+pg8000://u:{SECRET}@host/db"))


def test_a_server_that_is_down_is_reported() -> None:
    sentence = told(lambda: use(f"postgresql+psycopg://u:{SECRET}@{HOST}:{free_port()}/db"))
    assert "does not answer" in sentence
    assert "check VOICEFARM_DATABASE_URL and that the server runs" in sentence


def test_a_host_that_does_not_exist_is_reported() -> None:
    assert "database.invalid" in told(lambda: use(f"postgresql+psycopg://u:{SECRET}@database.invalid/db"))


def test_a_wrong_password_is_reported(postgres_server: PostgresServer) -> None:
    sentence = told(lambda: use(postgres_server.url("postgres", password=SECRET)))
    assert "password authentication failed" in sentence
    assert "check VOICEFARM_DATABASE_URL" in sentence


def test_a_database_that_was_never_created_is_reported(postgres_server: PostgresServer) -> None:
    assert 'database "nobody_made_this" does not exist' in told(lambda: use(postgres_server.url("nobody_made_this")))


def test_a_lost_server_is_reported_and_used_again_once_it_is_back(
    postgres_server: PostgresServer, migrated_postgres_url: str
) -> None:
    database = Database(migrated_postgres_url)
    assert facts(database) == {}
    postgres_server.kill()
    assert "does not answer" in told(lambda: assert_no_facts(database))
    postgres_server.start()
    with database.writing() as connection:
        add_fact(connection, "one")
    assert facts(database) == {"one": 1.0}
    database.close()


def assert_no_facts(database: Database) -> None:
    assert facts(database) == {}


def test_a_folder_for_sqlite_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert f"{tmp_path}/file" in told(lambda: use(f"sqlite:///{tmp_path}/file/folder/records.sqlite3"))


def test_a_folder_in_the_place_of_sqlites_file_is_reported(tmp_path: Path) -> None:
    assert "unable to open database file" in told(lambda: use(f"sqlite:///{tmp_path}"))


def test_a_file_that_is_not_a_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite3").write_bytes(b"something else altogether" * 100)
    assert "file is not a database" in told(lambda: use(f"sqlite:///{tmp_path}/records.sqlite3"))


def test_a_missing_folder_for_sqlite_is_created(tmp_path: Path) -> None:
    use(f"sqlite:///{tmp_path}/new/folder/records.sqlite3")
    assert (tmp_path / "new/folder/records.sqlite3").exists()


def test_a_full_disk_is_reported_as_such(migrated_sqlite_url: str) -> None:
    database = Database(migrated_sqlite_url)

    def fill() -> None:
        with database.writing() as connection:
            # As good as a full disk: SQLite reports both alike.
            connection.exec_driver_sql("PRAGMA max_page_count=1")
            for number in range(10_000):
                add_fact(connection, f"{number} {'x' * 200}")

    assert "is full; free some space" in told(fill, NoSpace)
    assert facts(database) == {}
    database.close()
