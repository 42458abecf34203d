"""A real PostgreSQL: the one in a wheel, else the one installed on this machine."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote
from uuid import uuid4

import psycopg

from testing.services.building import migrate
from testing.services.server import HOST, PASSWORD, Server, as_user

USER = "voicefarm"
#: PostgreSQL refuses to run as root; this user owns nothing and exists everywhere.
UNPRIVILEGED = "nobody"
#: The tests' data may be lost; only speed counts.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200")


class PostgresServer(Server):
    """PostgreSQL on a port of loopback, with a password; each test gets its own database."""

    #: Closes all connections but releases shared memory, which `kill -9` would leave behind.
    stop_signal = signal.SIGQUIT

    def __init__(self) -> None:
        # Not pytest's folder, which only its owner may open.
        super().__init__(Path(mkdtemp(prefix="voicefarm-postgres-")))
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        self.data = self.folder / "data"
        self.programs = find_programs(self.folder, self.user)
        self.template = ""
        self._make_data()

    def command(self) -> Sequence[str]:
        """The command; it listens on TCP only."""
        settings = [part for setting in QUICK for part in ("-c", setting)]
        address = ["-h", HOST, "-p", str(self.port), "-k", ""]
        return [str(self.programs / "postgres"), "-D", str(self.data), *address, *settings]

    def answers(self) -> bool:
        """Whether it can be used."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """The URL as a person writes it."""
        return f"postgresql://{USER}:{quote(password, safe='')}@{HOST}:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """Create a database; returns its name."""
        name = f"test_{uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, no matter who is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement as the owner of everything."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def migrated_template(self) -> str:
        """The name of a database with all tables, created once; copying it is quicker than migrating."""
        if not self.template:
            self.template = self.create()
            migrate(self.url(self.template))
        return self.template

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a database that exists until the block ends."""
        if not self.is_alive:
            self.start()
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            if self.is_alive:
                self.drop(name)

    def remove(self) -> None:
        """Stop the server and remove all its data."""
        self.stop()
        shutil.rmtree(self.folder)

    def _make_data(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        self.log.touch()
        if self.user:
            for path in (self.folder, password):
                shutil.chown(path, self.user)
        made = subprocess.run(
            [
                self.programs / "initdb", "-D", self.data, "-U", USER, "-A", "scram-sha-256", "--pwfile", password,
                "-E", "UTF8", "--locale", "C", "--no-sync",
            ],
            capture_output=True, text=True, check=False, cwd=self.folder, **as_user(self.user),
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"PostgreSQL's initdb failed:\n{made.stdout}{made.stderr}")


def find_programs(spare: Path, user: str | None) -> Path:
    """The folder of PostgreSQL's programs."""
    if wheel := _in_wheel():
        return _reachable(wheel, spare, user)
    for initdb in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return initdb.parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise RuntimeError("there is no PostgreSQL on this machine; run `pip install pgserver`, or install postgresql")


def _in_wheel() -> Path | None:
    # Only located, not imported: on import the wheel makes folders, and as root also a user.
    spec = find_spec("pgserver")
    programs = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    return programs if programs and (programs / "initdb").exists() else None


def _reachable(programs: Path, spare: Path, user: str | None) -> Path:
    """The programs where that user may run them: root's virtual environments are often closed to others."""
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", **as_user(user))
    except PermissionError:
        return _copied(programs.parent, spare)
    return programs


def _copied(install: Path, spare: Path) -> Path:
    """A copy of the wheel's programs, with its libraries where the programs look for them."""
    package = install.parent
    shutil.copytree(install, spare / package.name / install.name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, spare / libraries.name)
    return spare / package.name / install.name / "bin"
