"""up, dispatcher, worker: the farm's own processes."""

import os
import signal
import sys
from contextlib import suppress
from threading import Event

import click

from dispatcher.cli.opening import open_farm
from dispatcher.cli.saying import complain, say
from dispatcher.farm.processes import end_with_parent


@click.command("worker")
@click.option("--tag", "tags", multiple=True, help="Something that jobs may require; may be repeated.")
@click.option(
    "--only", type=click.Choice(["cuda", "mlx", "cpu"]), help="Serve as this, though the machine can do more."
)
def worker_command(tags: tuple[str, ...], only: str | None) -> None:
    """Serve as a worker until told to stop; SIGTERM finishes the atom in hand and hands back the rest."""
    from dispatcher.farm.log_secrets import hide_in_logs
    from dispatcher.farm.private_state import serve_privately
    from storage.settings import Settings
    from workers.running import run_worker

    end_with_parent()
    settings = Settings.load()
    serve_privately(settings)
    hide_in_logs(settings)
    sys.exit(run_worker(settings, frozenset(tags), only))


@click.command("dispatcher")
@click.option(
    "--only", type=click.Choice(["desk", "studio"]), help="Only the short messages, or only split and stitch."
)
def dispatcher_command(only: str | None) -> None:
    """Serve as a dispatcher until told to stop; a farm may have several."""
    from dispatcher.farm.log_secrets import hide_in_logs
    from dispatcher.farm.private_state import serve_privately
    from dispatcher.running import run_desk, run_studio
    from storage.settings import Settings

    settings = Settings.load()
    serve_privately(settings)
    hide_in_logs(settings)
    if only is None:
        _desk_and_studio()
    elif only == "desk":
        end_with_parent(_stop_private_redis if settings.is_embedded else None)
        sys.exit(run_desk(settings))
    else:
        end_with_parent()
        sys.exit(run_studio(settings))


@click.command("up")
@click.option("--workers", type=int, help="Worker processes; else as many as the machine can use.")
@click.option("--flower/--no-flower", default=True, help="Serve Flower on loopback.")
def up_command(workers: int | None, *, flower: bool) -> None:
    """Run a whole farm on this machine until Ctrl-C: broker, dispatcher, workers, Flower."""
    from dispatcher.farm.crew import crew_for, engines_here, this_machine
    from dispatcher.farm.up import run_up

    farm = open_farm()
    crew = crew_for(this_machine(), engines_here(), asked=workers or farm.settings.workers)
    run_up(farm.settings, crew, with_flower=flower)


def _desk_and_studio() -> None:
    """Both parts of a dispatcher as processes of their own, kept running."""
    from dispatcher.farm.processes import Supervisor, voicefarm

    farm = open_farm()
    farm.database.require_revision()
    logs = farm.settings.state_folder / "logs"
    parts = [voicefarm(part, ["dispatcher", "--only", part], logs, os.environ) for part in ("desk", "studio")]
    supervisor = Supervisor(parts, warn)
    stop = stop_on_signals()
    supervisor.start()
    say(f"dispatcher is up; logs are in {logs}")
    stop.wait()
    supervisor.stop()


def stop_on_signals() -> Event:
    """An event that SIGTERM and Ctrl-C set."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def warn(sentence: str) -> None:
    """Say on the terminal what goes wrong while a farm process runs on."""
    complain(sentence)


def _stop_private_redis() -> None:
    """The private Redis knows nothing of its parent, so the desk ends it when the parent is gone."""
    import psutil
    import redis

    from storage.settings import Settings

    client = redis.Redis(unix_socket_path=str(Settings.load().socket_path))
    with suppress(redis.RedisError, psutil.Error):
        server = client.info("server")["process_id"]
        # Another host may have come meanwhile, with a Redis of its own under the same name.
        if psutil.Process(server).ppid() == os.getppid():
            client.shutdown(nosave=True)
