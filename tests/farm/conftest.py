"""Real farms for tests, on servers and embedded, and a recording that keeps them busy."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dispatcher.farm.redis_server import start_redis
from dispatcher.sample.writing import write_sample
from storage.settings import Settings
from tests.farm.running import RunningFarm, running_farm
from tests.services.redis import RedisServer

OpenFarm = Callable[..., AbstractContextManager[RunningFarm]]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for a dozen atoms of the tests' length."""
    path = tmp_path_factory.mktemp("recording") / "talk.wav"
    write_sample(path, 60.0, rate=24_000)
    return path


@pytest.fixture
def open_farm(farm_settings: Settings) -> OpenFarm:
    """Opens a farm on the kind of servers that the test runs with, with short atoms and leases."""

    @contextmanager
    def opened(workers: int, **changes: object) -> Iterator[RunningFarm]:
        short = {"atom_seconds": 5.0, "lease_seconds": 3.0, "lost_after_seconds": 4.0, "heartbeat_seconds": 0.5}
        settings = replace(farm_settings, **{**short, **changes})
        broker = start_redis(settings) if settings.is_embedded else None
        with running_farm(settings, workers, broker) as farm:
            yield farm

    return opened


@pytest.fixture
def lose_broker(request: pytest.FixtureRequest, farm_settings: Settings) -> Callable[[RunningFarm], None]:
    """Kills the broker; it comes back at the same address with nothing in it."""
    if farm_settings.is_embedded:
        return lambda farm: farm.kill("redis")
    server: RedisServer = request.getfixturevalue("redis_server")
    return lambda farm: server.kill_and_restart()
