"""Flower beside a farm on one machine: whether it is installed, its port, its password, its process."""

import secrets
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import psutil

from dispatcher.local.child import Child
from storage.errors import InputError
from storage.private import open_private
from storage.remedies import Act, Remedy
from storage.settings import Settings

HOST = "127.0.0.1"
#: Where people, and Flower's own documentation, look for it first.
USUAL_PORT = 5555
#: More farms on one machine than anybody starts.
PORTS_TRIED = 100
HIGHEST_PORT = 65_535
#: The columns of its list of tasks: what each is about, in the place of arguments, beside what did it.
COLUMNS = "name,args,state,received,runtime,worker,uuid"


def has_flower() -> bool:
    """Whether it is installed."""
    return find_spec("flower") is not None


def flower_port(settings: Settings) -> int:
    """The port that was asked for, else the first free one; raises if there is none."""
    asked = settings.flower_port
    if asked and (fault := _fault(asked)):
        raise InputError(
            f"Flower cannot have port {asked} of VOICEFARM_FLOWER_PORT ({fault}); end what has it, name another port,"
            " or leave it out for the next free one"
        )
    ports = range(USUAL_PORT, USUAL_PORT + PORTS_TRIED)
    port = asked or next((port for port in ports if not _fault(port)), 0)
    if not port:
        raise InputError(
            f"no port from {ports[0]} to {ports[-1]} is free for Flower",
            Remedy(Act.NAME_FLOWER_PORT),
            Remedy(Act.GO_WITHOUT_FLOWER),
        )
    return port


def password_file(settings: Settings) -> Path:
    """Where a generated password is kept."""
    return settings.state_folder / "flower.password"


def flower(settings: Settings, port: int, logs: Path, environment: Mapping[str, str]) -> Child:
    """Flower on loopback; its password is passed in the environment, where other users cannot see it."""
    secret = {"FLOWER_BASIC_AUTH": f"voicefarm:{_password(settings)}"}
    command = [
        sys.executable, "-m", "celery", "-A", "workers.app", "flower", f"--address={HOST}", f"--port={port}",
        "--purge_offline_workers=60", "--task_runtime_metric_buckets=0.1,0.3,1,3,10,30,100",
        f"--tasks_columns={COLUMNS}",
    ]  # fmt: skip
    return Child("flower", command, logs / "flower.log", {**environment, **secret})


def _password(settings: Settings) -> str:
    """The password of the settings, or one generated once and kept where only the owner can read it."""
    if settings.flower_password:
        return settings.flower_password
    kept = password_file(settings)
    if not kept.exists():
        with open_private(kept) as file:
            file.write(secrets.token_urlsafe(12).encode())
    return kept.read_text(encoding="utf-8").strip()


def _fault(port: int) -> str:
    """Why nobody can listen there; empty where one can."""
    if port > HIGHEST_PORT:
        return f"the highest is {HIGHEST_PORT}"
    with socket.socket() as probe:
        # As Flower itself does: a port whose last owner has just ended counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError as error:
            return f"{error.strerror}{_holder(port)}"
    return ""


def _holder(port: int) -> str:
    """Who listens there, as far as we may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f", by {psutil.Process(connection.pid).name()}, process {connection.pid}"
    except psutil.Error:
        pass
    return ""
