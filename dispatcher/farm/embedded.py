"""A whole farm on this machine, private to one state folder: hosted by the first who needs it, joined by others."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from dispatcher.farm.crew import Crew
from dispatcher.farm.processes import SHORT_PATIENCE, Child, Supervisor, voicefarm, wait_until
from dispatcher.farm.redis_server import START_PATIENCE, start_redis
from storage.errors import BrokerUnavailable
from storage.records.database import REVISION, Database
from storage.settings import Settings

#: Seconds given to workers to finish the atom in hand when the farm ends; what is cut off can be done again.
LAST_ATOM = 3.0


class EmbeddedFarm:
    """Redis, a desk, a studio and workers as child processes; SQLite and a folder do the rest."""

    def __init__(self, settings: Settings, crew: Crew, *, with_flower: bool = False) -> None:
        self.settings = settings
        self.crew = crew
        self.with_flower = with_flower
        self.lock: IO[str] | None = None
        self.supervisor: Supervisor | None = None

    @property
    def is_host(self) -> bool:
        """Whether the farm's processes are ours."""
        return self.supervisor is not None

    def keep(self) -> None:
        """Make sure that a farm is there: host one, or leave it to the one who does; cheap, to be called often."""
        if self.is_host or not self._take_lock():
            return
        prepare_records(self.settings)
        children = self._children()
        self.supervisor = Supervisor([start_redis(self.settings), *children])
        self.supervisor.start()

    def wait_for_broker(self) -> None:
        """Wait until the private broker, ours or another's, can be reached."""
        if not wait_until(self._has_broker, START_PATIENCE):
            raise BrokerUnavailable(
                f"another voicefarm holds {self.settings.state_folder} but its broker does not answer;"
                " end that process, or use another folder by VOICEFARM_STATE"
            )

    def _has_broker(self) -> bool:
        """Whether there is one by now; who had the farm may have ended before we saw it."""
        self.keep()
        return self.settings.socket_path.exists()

    def close(self) -> None:
        """End our processes; another's farm is left alone."""
        if self.supervisor is not None:
            self.supervisor.stop(LAST_ATOM)
            self.supervisor = None
            self.settings.socket_path.unlink(missing_ok=True)
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def _take_lock(self) -> bool:
        self.settings.state_folder.mkdir(parents=True, exist_ok=True)
        lock = (self.settings.state_folder / "farm.lock").open("w")
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
            children.append(flower(self.settings, logs, environment))
        return children


def threads(count: int) -> dict[str, str]:
    """The environment in which numerical libraries take so many: with more than its share they are in others' way."""
    return {f"{library}_NUM_THREADS": str(count) for library in ("OMP", "OPENBLAS", "MKL")}


@contextmanager
def embedded_farm(settings: Settings, crew: Crew, *, with_flower: bool = False) -> Iterator[EmbeddedFarm]:
    """A farm for as long as the block lasts."""
    farm = EmbeddedFarm(settings, crew, with_flower=with_flower)
    try:
        farm.keep()
        farm.wait_for_broker()
        yield farm
    finally:
        farm.close()


def prepare_records(settings: Settings) -> None:
    """Bring the records to the revision that this program needs; a private database needs nobody's leave."""
    database = Database(settings.resolved_database_url)
    if database.revision() != REVISION:
        # Alembic takes a quarter of a second to import, and is needed once.
        from migrations.running import upgrade

        upgrade(database)
    database.close()


def flower_password(settings: Settings) -> str:
    """The password of the settings, or one made up once and kept where only the owner can read it."""
    if settings.flower_password:
        return settings.flower_password
    kept = settings.state_folder / "flower.password"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(12), encoding="utf-8")
    return kept.read_text(encoding="utf-8").strip()


def flower(settings: Settings, logs: "os.PathLike[str]", environment: dict[str, str]) -> Child:
    """Flower on loopback; its password goes by the environment, where other users cannot see it."""
    import sys
    from pathlib import Path

    secret = {"FLOWER_BASIC_AUTH": f"voicefarm:{flower_password(settings)}"}
    command = [
        sys.executable, "-m", "celery", "-A", "workers.app", "flower", "--address=127.0.0.1",
        f"--port={settings.flower_port}", "--purge_offline_workers=60",
        "--task_runtime_metric_buckets=0.1,0.3,1,3,10,30,100",
    ]  # fmt: skip
    return Child("flower", command, Path(logs) / "flower.log", {**environment, **secret})
