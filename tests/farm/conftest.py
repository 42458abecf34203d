"""Real farms, embedded and on servers, and recordings that keep them busy."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatcher.local.redis_server import start_redis
from dispatcher.sample.recording import write_sample
from storage.settings import Settings
from testing.running_farm import RunningFarm, running_farm
from testing.services.building import embedded_settings
from testing.services.redis import RedisServer

#: Short times, so that a test sees many atoms and leases, and deaths are noticed soon.
SHORT: dict[str, Any] = {
    "atom_seconds": 5.0, "lease_seconds": 3.0, "lost_after_seconds": 4.0, "heartbeat_seconds": 0.5,
}  # fmt: skip

OpenFarm = Callable[..., AbstractContextManager[RunningFarm]]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording long enough for a dozen of the tests' short atoms."""
    path = tmp_path_factory.mktemp("recording") / "talk.wav"
    write_sample(path, 45.0, rate=24_000)
    return path


@pytest.fixture(scope="session")
def short_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a few atoms."""
    path = tmp_path_factory.mktemp("recording") / "short.wav"
    write_sample(path, 25.0, rate=24_000)
    return path


@pytest.fixture(scope="session")
def undisturbed(recording: Path, session_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The result of one worker on an embedded farm when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    settings = replace(embedded_settings(folder), **SHORT)
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(session_sqlite, settings.state_folder / "records.sqlite3")
    with running_farm(settings, 1, start_redis(settings)) as farm:
        return farm.result(farm.submit(recording, "bright"), folder)


@pytest.fixture
def open_farm(farm_settings: Settings) -> OpenFarm:
    """Opens a farm with short atoms and leases, on the kind of servers that the test uses."""

    @contextmanager
    def opened(workers: int, **changes: Any) -> Iterator[RunningFarm]:
        settings = replace(farm_settings, **{**SHORT, **changes})
        broker = start_redis(settings) if settings.is_embedded else None
        with running_farm(settings, workers, broker) as farm:
            yield farm

    return opened


@pytest.fixture
def lose_broker(request: pytest.FixtureRequest, farm_settings: Settings) -> Callable[[RunningFarm], None]:
    """Kills the broker, which comes back empty at the same address."""
    if farm_settings.is_embedded:
        return lambda farm: farm.kill("redis")
    server: RedisServer = request.getfixturevalue("redis_server")
    return lambda farm: server.kill_and_restart()
