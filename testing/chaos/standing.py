"""A standing farm that suffers faults: its processes, disks and clocks, and access to each of them."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dispatcher.local.child import SHORT_PATIENCE, Child, voicefarm
from dispatcher.local.embedded import threads
from dispatcher.local.processes import Supervisor
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings
from testing.chaos.clocks import Clocks
from testing.chaos.disk import Disk, small_disk
from testing.chaos.kinds import SERVERS
from testing.chaos.messages import Messages
from testing.chaos.plan import BROKER, DISPATCHER_MACHINE, DISPATCHERS, WORKERS
from testing.chaos.servers import Ground
from workers.wire.parent import PARENT

#: Megabytes of the disks that can be filled; a round's atoms and results take a tenth of that.
OBJECTS_DISK, SCRATCH_DISK = 256, 64
#: Seconds that workers get to finish what they have in hand.
STOP_PATIENCE = 3.0
#: The environment variable that identifies this farm's processes among all on the machine.
STATE = "VOICEFARM_STATE"


@dataclass
class StandingFarm:
    """The farm as a driver sees it."""

    ground: Ground
    database: Database
    store: ObjectStore
    supervisor: Supervisor
    clocks: Clocks
    disks: dict[str, Disk]
    others: list[Child] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """The settings without weather."""
        return self.ground.direct

    @property
    def messages(self) -> Messages:
        """The messages in its broker."""
        return Messages(self.ground.broker.client(), self.settings.broker_prefix)

    def child(self, name: str) -> Child:
        """One of its processes."""
        return next(c for c in self.supervisor.children if c.name == name)

    def pid(self, name: str) -> int:
        """The process id of a process or of the broker."""
        process = None if name == BROKER else self.child(name).process
        return process.pid if process else self.ground.broker.pid()

    def kill(self, name: str) -> None:
        """Send SIGKILL; the supervisor restarts the process at once, every time."""
        child = self.child(name)
        child.deaths = 0
        if child.process is not None:
            child.process.kill()

    def hire_other_version(self, name: str, *arguments: str) -> Child:
        """Start a worker of another release; nobody restarts it."""
        worker = _worker(self.ground, self.clocks, name, ["worker", *arguments])
        worker.command = [sys.executable, "-m", "testing.chaos.other_version", "worker", *arguments]
        worker.start()
        self.others.append(worker)
        return worker

    def stop(self) -> None:
        """End all processes, including frozen ones."""
        for process in processes_of(self.settings):
            process.send_signal(signal.SIGCONT)
        if not self.supervisor.over.is_set():
            self.supervisor.stop(STOP_PATIENCE)
        for other in self.others:
            other.kill()

    def logs(self) -> str:
        """The last errors of every process."""
        parts = []
        for path in sorted((self.settings.state_folder / "logs").glob("*.log")):
            lines = [x for x in path.read_text(errors="replace").splitlines() if "ERROR/" in x or "Error: " in x]
            parts += [f"== {path.name}", *lines[-8:]]
        return "\n".join(parts)


@contextmanager
def standing_farm(ground: Ground, folder: Path) -> Iterator[StandingFarm]:
    """A desk, a studio and workers on this ground; none of them is left when the block ends."""
    with ExitStack() as held:
        places = {"scratch": (ground.settings.scratch_folder, SCRATCH_DISK)}
        if ground.kind != SERVERS:
            places["objects"] = (folder / "objects", OBJECTS_DISK)
        mounted = {name: held.enter_context(small_disk(*place)) for name, place in places.items()}
        disks = {name: disk for name, disk in mounted.items() if disk}
        clocks = Clocks(folder / "clocks")
        supervisor = Supervisor([*([ground.own] if ground.own else []), *_crew(ground, clocks)])
        database = Database(ground.direct.resolved_database_url)
        held.callback(database.close)
        farm = StandingFarm(ground, database, open_store(ground.direct), supervisor, clocks, disks)
        try:
            supervisor.start()
            yield farm
        finally:
            farm.stop()


def _crew(ground: Ground, clocks: Clocks) -> list[Child]:
    environment = _environment(ground.settings, clocks, DISPATCHER_MACHINE)
    logs = ground.settings.state_folder / "logs"
    crew = [voicefarm(p, ["dispatcher", "--only", p], logs, environment, SHORT_PATIENCE) for p in DISPATCHERS]
    return crew + [_worker(ground, clocks, name, ["worker"]) for name in WORKERS]


def _worker(ground: Ground, clocks: Clocks, name: str, command: list[str]) -> Child:
    machine = name if ground.kind == SERVERS else DISPATCHER_MACHINE
    environment = _environment(ground.settings_of(name), clocks, machine)
    return voicefarm(name, command, ground.settings.state_folder / "logs", environment)


def _environment(settings: Settings, clocks: Clocks, machine: str) -> dict[str, str]:
    return {**os.environ, **settings.as_environment(), **threads(1), **clocks.environment(machine)}


def processes_of(settings: Settings) -> list[psutil.Process]:
    """Every live process of a farm, no matter who started it."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        if environment.get(STATE) == settings.state and PARENT in environment and process.pid != os.getpid():
            found.append(process)
    return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
