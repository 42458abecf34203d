"""infra/postgres/least-privilege.sql, run by psql as in the image of compose.yaml."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from testing.services.postgres import PostgresServer
from testing.services.server import HOST
from tests.infra.places import INFRA
from tests.infra.tools import run

OWNER, DISPATCHER = "voicefarm_owner", "voicefarm_dispatcher"


@pytest.fixture
def database(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[str]:
    """The name of a database with both roles, whose passwords come from files."""
    environment = dict(os.environ)
    for role in ("OWNER", "DISPATCHER"):
        file = tmp_path / role
        file.write_text(f"{role.lower()}'s own", encoding="utf-8")
        environment[f"POSTGRES_{role}_PASSWORD_FILE"] = str(file)
    with postgres_server.database() as url:
        script = INFRA / "postgres/least-privilege.sql"
        said = run([postgres_server.programs / "psql", "-X", "-d", url, "-f", script], env=environment)
        assert said.returncode == 0, said.stderr
        yield url.rpartition("/")[2]
    for role in (OWNER, DISPATCHER):
        postgres_server.execute(f"DROP ROLE {role}")


def _connect(server: PostgresServer, database: str, role: str) -> "psycopg.Connection[tuple[object, ...]]":
    password = role.removeprefix("voicefarm_") + "'s own"
    return psycopg.connect(host=HOST, port=server.port, dbname=database, user=role, password=password, autocommit=True)


def test_the_dispatcher_writes_rows_and_changes_no_tables(postgres_server: PostgresServer, database: str) -> None:
    with _connect(postgres_server, database, OWNER) as owner:
        owner.execute("CREATE TABLE jobs (id int)")
    with _connect(postgres_server, database, DISPATCHER) as dispatcher:
        dispatcher.execute("INSERT INTO jobs VALUES (1)")
        assert dispatcher.execute("SELECT id FROM jobs").fetchall() == [(1,)]
        for statement in (b"DROP TABLE jobs", b"ALTER TABLE jobs ADD x int", b"CREATE TABLE x (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                dispatcher.execute(statement)
