"""A farm's internal messages stay bounded, whatever is cancelled; lost ones are missed within seconds."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from dispatcher.voices.voices import add_voice
from storage.settings import Settings
from testing.running_farm import RunningFarm
from testing.services.redis import RedisServer
from tests.farm.conftest import OpenFarm
from workers.wire.celery_app import build_app
from workers.wire.sending import drop_leases

pytestmark = pytest.mark.timeout(400)

WORKERS = 3
#: Redis commands for one heartbeat or one atom from end to end, including everything that Celery does besides.
COMMANDS_EACH = 15
#: Commands per second on an idle farm: ticks, looks into queues, and Celery's own heartbeats of five processes.
AT_REST = 120.0


@pytest.fixture
def broker(request: pytest.FixtureRequest, farm_settings: Settings) -> Callable[[], Redis]:
    """The farm's Redis, for inspection from outside."""
    if farm_settings.is_embedded:
        return lambda: Redis(unix_socket_path=str(farm_settings.socket_path))
    server: RedisServer = request.getfixturevalue("redis_server")
    return server.client


def _commands(client: Redis) -> int:
    return int(client.info("stats")["total_commands_processed"])


def test_cancelling_causes_no_storm(open_farm: OpenFarm, short_recording: Path, broker: Callable[[], Redis]) -> None:
    """Bounded by workers x heartbeats + atoms; each cancelled lease once caused thousands of messages a second."""
    with open_farm(workers=WORKERS) as farm, broker() as client:
        voice = add_voice(farm.database, "slow", "through", {"pace": 1.0}).name
        jobs = [farm.submit(short_recording, voice, settings={"seed": n}) for n in range(3)]
        farm.wait(lambda: all(farm.job(job).started_at for job in jobs[:2]), "a start")
        for job in jobs:
            farm.cancel(job)
        unheard_of: dict[tuple[str, ...], list[str]] = {("nobody@nowhere",): ["unknown"] * 100}
        drop_leases(build_app(farm.settings), unheard_of)
        began, before = time.monotonic(), _commands(client)
        other = farm.submit(short_recording, "through")
        assert farm.finish(other).state == "finished"
        # A few seconds more, to see a storm that builds up slowly too.
        farm.wait(lambda: time.monotonic() - began > 6.0, "six seconds")
        took = time.monotonic() - began
        heartbeats = took * WORKERS / farm.settings.heartbeat_seconds
        most = COMMANDS_EACH * (2.0 * heartbeats + 3.0 * farm.job(other).atoms) + AT_REST * took
        assert _commands(client) - before <= most
        # A storm would never be read to its end; a busy desk is only behind.
        farm.wait(lambda: client.llen("voicefarm:dispatcher.heartbeats") <= 2 * WORKERS, "heartbeats that are read")


def test_an_urgent_job_is_not_held_up_by_messages_lost_behind_busy_workers(
    open_farm: OpenFarm, short_recording: Path, lose_broker: Callable[[RunningFarm], None]
) -> None:
    with open_farm(workers=1) as farm:
        voice = add_voice(farm.database, "slow", "through", {"pace": 0.5}).name
        slow = [farm.submit(short_recording, voice, priority=8, settings={"seed": n}) for n in range(4)]
        farm.wait(lambda: farm.job(slow[0]).atoms_done >= 1, "the first atom")
        urgent = farm.submit(short_recording, "through", priority=0)
        farm.wait(lambda: farm.job(urgent).last_leased_at > 0.0, "its lease")
        lose_broker(farm)
        assert farm.finish(urgent).state == "finished"
        assert all(farm.job(job).state != "finished" for job in slow[1:])
