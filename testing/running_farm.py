"""Farms of real processes for tests to start, disturb and wait for."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.ending import cancel_job, retry_job
from dispatcher.jobs.fetching import fetch_result
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.local.child import Child, voicefarm
from dispatcher.local.embedded import threads
from dispatcher.local.processes import Supervisor, wait_until
from dispatcher.turns.taking import Turns
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS
from storage.settings import Settings

#: Seconds within which anything a test waits for must happen, even on two slow and busy cores.
PATIENCE = 120.0


@dataclass
class RunningFarm:
    """A farm's processes, seen from outside."""

    settings: Settings
    database: Database
    store: ObjectStore
    supervisor: Supervisor

    def submit(self, path: Path, voice: str, **request: object) -> int:
        wanted = Request(voice=voice, **request)  # type: ignore[arg-type]
        return submit(self.turns, self.store, path, check_request(self.database, self.settings, wanted))

    @property
    def turns(self) -> Turns:
        return turns_of_client(self.database, self.settings)

    def cancel(self, job: int) -> None:
        with self.turns.writing() as turn:
            cancel_job(turn, job)

    def retry(self, job: int) -> None:
        with self.turns.writing() as turn:
            retry_job(turn, job)

    def job(self, number: int) -> JobRecord:
        return load_job(self.database, number)

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        assert wait_until(is_so, PATIENCE, every=0.05), f"{what} did not happen; {self.logs()}"

    def finish(self, number: int) -> JobRecord:
        self.wait(lambda: self.job(number).state in ENDED_JOBS, f"the end of job {number}")
        return self.job(number)

    def result(self, number: int, folder: Path) -> bytes:
        job = self.finish(number)
        assert job.state == "finished", job.reason
        target = folder / f"{number}.{job.format}"
        fetch_result(self.store, job, target, self.database)
        return target.read_bytes()

    def child(self, name: str) -> Child:
        return next(c for c in self.supervisor.children if c.name == name)

    def kill(self, name: str) -> None:
        """Send SIGKILL; the supervisor restarts the process unless it was dismissed."""
        process = self.child(name).process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def dismiss(self, name: str) -> None:
        """Send SIGKILL and keep the process from being restarted."""
        child = self.child(name)
        self.supervisor.children.remove(child)
        assert child.process is not None
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def hire(self, name: str, *arguments: str) -> None:
        """Start one more worker, with these arguments."""
        environment = {**os.environ, **self.settings.as_environment(), **threads(1)}
        child = voicefarm(name, ["worker", *arguments], self.settings.state_folder / "logs", environment)
        self.supervisor.children.append(child)
        child.start()

    def logs(self) -> str:
        folder = self.settings.state_folder / "logs"
        return "\n".join(f"== {p.name}\n{p.read_text(errors='replace')[-2000:]}" for p in sorted(folder.glob("*.log")))


@contextmanager
def running_farm(settings: Settings, workers: int, broker: Child | None = None) -> Iterator[RunningFarm]:
    """A farm with its own dispatcher and workers; a broker, if given, is a child too."""
    logs = settings.state_folder / "logs"
    environment: Mapping[str, str] = {**os.environ, **settings.as_environment(), **threads(1)}
    children = [voicefarm(p, ["dispatcher", "--only", p], logs, environment, patience=0.2) for p in ("desk", "studio")]
    children += [voicefarm(f"worker-{n + 1}", ["worker"], logs, environment) for n in range(workers)]
    supervisor = Supervisor([*([broker] if broker else []), *children])
    database = Database(settings.resolved_database_url)
    try:
        supervisor.start()
        yield RunningFarm(settings, database, open_store(settings), supervisor)
    finally:
        supervisor.stop()
        database.close()


def fingerprint(data: bytes) -> str:
    """A hash short enough for an assertion's message."""
    return sha256(data).hexdigest()[:16]
