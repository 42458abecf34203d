"""A whole farm on this machine, private to one state folder: the first process that needs it hosts it, others join."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from dispatcher.local.child import SHORT_PATIENCE, Child, voicefarm
from dispatcher.local.crew import Crew
from dispatcher.local.flower import flower, flower_port
from dispatcher.local.private_state import open_state
from dispatcher.local.processes import Supervisor, wait_until
from dispatcher.local.redis_server import START_PATIENCE, start_redis
from storage.errors import BrokerUnavailable
from storage.private import make_private_file, open_private
from storage.records.database import REVISION, Database
from storage.settings import Settings

#: Seconds that workers get to finish the atom in hand when the farm ends; what is cut off can be done again.
LAST_ATOM = 3.0


class EmbeddedFarm:
    """Redis, a desk, a studio and workers as child processes; SQLite and a folder do the rest."""

    def __init__(
        self, settings: Settings, crew: Crew, *, with_flower: bool = False, tell: Callable[[str], None] | None = None
    ) -> None:
        self.settings = settings
        self.crew = crew
        self.with_flower = with_flower
        self.tell = tell
        self.flower_port = 0
        self.lock: IO[bytes] | None = None
        self.supervisor: Supervisor | None = None

    @property
    def is_host(self) -> bool:
        """Whether the farm's processes are ours."""
        return self.supervisor is not None

    def keep(self) -> None:
        """Make sure that a farm is there: host one unless another process does. Cheap, to be called often."""
        if self.is_host or not self._take_lock():
            return
        prepare_records(self.settings)
        children = self._children()
        self.supervisor = Supervisor([start_redis(self.settings), *children], self.tell)
        self.supervisor.start()

    def wait_for_broker(self) -> None:
        """Wait until the private broker, ours or another process', can be reached."""
        if not wait_until(self._has_broker, START_PATIENCE):
            raise BrokerUnavailable(
                f"another voicefarm holds {self.settings.state_folder} but its broker does not answer;"
                " end that process, or use another folder by VOICEFARM_STATE"
            )

    def _has_broker(self) -> bool:
        """Whether there is one by now; the process that hosted the farm may have ended before we noticed."""
        self.keep()
        return self.settings.socket_path.exists()

    def close(self) -> None:
        """End our processes; a farm hosted by another process is left alone."""
        if self.supervisor is not None:
            self.supervisor.stop(LAST_ATOM)
            self.supervisor = None
            self.settings.socket_path.unlink(missing_ok=True)
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def _take_lock(self) -> bool:
        open_state(self.settings)
        lock = open_private(self.settings.state_folder / "farm.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self.lock = lock
        return True

    def _children(self) -> list[Child]:
        logs = self.settings.state_folder / "logs"
        environment = {**os.environ, **self.settings.as_environment(), **threads(1)}
        children = [
            voicefarm(part, ["dispatcher", "--only", part], logs, environment, SHORT_PATIENCE)
            for part in ("desk", "studio")
        ]
        workers = [["worker"]] * self.crew.on_accelerator + [["worker", "--only", "cpu"]] * self.crew.on_processor
        children += [
            voicefarm(f"worker-{n + 1}", command, logs, {**environment, **threads(self.crew.threads)})
            for n, command in enumerate(workers)
        ]
        if self.with_flower:
            self.flower_port = flower_port(self.settings)
            children.append(flower(self.settings, self.flower_port, logs, environment))
        return children


def threads(count: int) -> dict[str, str]:
    """The environment that limits numerical libraries to this many threads; more would slow each other down."""
    return {f"{library}_NUM_THREADS": str(count) for library in ("OMP", "OPENBLAS", "MKL")}


@contextmanager
def embedded_farm(
    settings: Settings, crew: Crew, *, with_flower: bool = False, tell: Callable[[str], None] | None = None
) -> Iterator[EmbeddedFarm]:
    """A farm for as long as the block lasts; `tell` is called with what its supervisor cannot repair."""
    farm = EmbeddedFarm(settings, crew, with_flower=with_flower, tell=tell)
    try:
        farm.keep()
        farm.wait_for_broker()
        yield farm
    finally:
        farm.close()


def prepare_records(settings: Settings) -> None:
    """Bring the records to the revision that this program needs; a private database needs no permission."""
    if not settings.database_url:
        open_state(settings)
        # SQLite gives the files beside it the same permissions.
        make_private_file(settings.own_records)
    database = Database(settings.resolved_database_url)
    if database.revision() != REVISION:
        # Alembic takes a quarter of a second to import and is needed only once.
        from migrations.running import upgrade

        upgrade(database)
    database.close()
