"""dispatcher, worker: the long-running processes of a farm."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import click

from dispatcher.cli.completing import OneOf
from dispatcher.cli.saying import complain, say
from dispatcher.cli.signals import stop_on_signals
from storage.settings import Settings
from workers.engines.nvidia import VISIBLE, check_device, nvidia_devices
from workers.wire.routes import CAPABILITIES

STUDIOS = "Recordings to cut or join at a time, each in a process; else one for four cores, at least two."


@click.command("worker")
@click.option("--tag", "tags", multiple=True, help="Something that jobs may require; may be repeated.")
@click.option("--only", type=OneOf(CAPABILITIES), help="Serve as this, though the machine can do more.")
@click.option("--device", help="The number of an NVIDIA device; else there is a worker for each.")
def worker_command(tags: tuple[str, ...], only: str | None, device: str | None) -> None:
    """Serve as a worker until told to stop; SIGTERM finishes the atom in hand and hands back the rest.

    On a machine with several NVIDIA devices, each of them is a worker of its own.
    """
    from dispatcher.local.log_secrets import hide_in_logs
    from dispatcher.local.private_state import serve_privately
    from workers.wire.naming import name_process
    from workers.wire.parent import end_with_parent
    from workers.worker.running import run_worker

    devices = nvidia_devices(os.environ) if only in (None, "cuda") else ()
    name_process("worker")
    end_with_parent()
    settings = Settings.load()
    serve_privately(settings)
    hide_in_logs(settings)
    if device is not None:
        check_device(device, devices)
        os.environ[VISIBLE] = device
    elif len(devices) > 1:
        serve_each_device(settings, devices, tags, only)
        return
    sys.exit(run_worker(settings, frozenset(tags), only))


def serve_each_device(settings: Settings, devices: Sequence[str], tags: Sequence[str], only: str | None) -> None:
    """Run a worker for each device as a process of its own and keep them running."""
    same = [*(f"--tag={tag}" for tag in tags), *([f"--only={only}"] if only else [])]
    workers = {f"device-{device}": ["worker", *same, f"--device={device}"] for device in devices}
    _keep_running(settings, workers, f"{len(devices)} workers are up, one for each NVIDIA device")


@click.command("dispatcher")
@click.option("--only", type=OneOf(["desk", "studio"]), help="Only the short messages, or only split and stitch.")
@click.option("--studios", type=click.IntRange(1), help=STUDIOS)
def dispatcher_command(only: str | None, studios: int | None) -> None:
    """Serve as a dispatcher until told to stop; a farm may have several."""
    from dispatcher.local.log_secrets import hide_in_logs
    from dispatcher.local.private_state import serve_privately

    settings = Settings.load()
    if studios:
        settings = replace(settings, studios=studios)
    serve_privately(settings)
    hide_in_logs(settings)
    if only is None:
        _desk_and_studio(settings)
    elif only == "desk":
        _desk(settings)
    else:
        _studio(settings)


def _desk(settings: Settings) -> None:
    from dispatcher.desk.running import run_desk
    from workers.wire.naming import name_process
    from workers.wire.parent import end_with_parent

    name_process("desk")
    end_with_parent(_stop_private_redis if settings.is_embedded else None)
    sys.exit(run_desk(settings))


def _studio(settings: Settings) -> None:
    from dispatcher.studio.running import run_studio
    from workers.wire.naming import name_process
    from workers.wire.parent import end_with_parent

    name_process("studio")
    end_with_parent()
    sys.exit(run_studio(settings))


def _desk_and_studio(settings: Settings) -> None:
    """Run both parts of a dispatcher as processes of their own and keep them running."""
    from dispatcher.client.farm import Farm

    Farm(settings).database.require_revision()
    parts = {part: ["dispatcher", f"--only={part}"] for part in ("desk", "studio")}
    _keep_running(settings, parts, "dispatcher is up")


def _keep_running(settings: Settings, parts: Mapping[str, Sequence[str]], said: str) -> None:
    """Run commands of ours by these names, starting anew those that end, until told to stop."""
    from dispatcher.local.child import voicefarm
    from dispatcher.local.processes import Supervisor

    logs = settings.state_folder / "logs"
    environment = {**os.environ, **settings.as_environment()}
    supervisor = Supervisor([voicefarm(name, part, logs, environment) for name, part in parts.items()], complain)
    stop = stop_on_signals()
    supervisor.start()
    say(f"{said}; logs are in {logs}")
    stop.wait()
    supervisor.stop()


def _stop_private_redis() -> None:
    """The private Redis does not notice that its parent died, so the desk ends it."""
    import psutil
    import redis

    client = redis.Redis(unix_socket_path=str(Settings.load().socket_path))
    with suppress(redis.RedisError, psutil.Error):
        server = client.info("server")["process_id"]
        process = psutil.Process(server)
        # Meanwhile another process may host the farm, with a Redis of its own at the same path: the one that was found
        # is ended by its number, because a command could reach the other.
        if process.ppid() == os.getppid():
            process.terminate()
