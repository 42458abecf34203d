"""Attacks on the dispatcher by somebody with access to the broker; the job must finish all the same."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, select

from dispatcher.desk.heartbeat import MOST_WORKERS
from dispatcher.desk.worker_keys import add_key
from storage.records.database import Database
from storage.records.schema import WorkerRecord
from storage.records.states import WORKERS_THERE
from storage.settings import Settings
from testing.services.redis import RedisServer
from tests.farm.conftest import OpenFarm
from tests.wire.test_messages import BEAT
from workers.wire.celery_app import build_app
from workers.wire.routes import DESK_QUEUE, HEARTBEAT_QUEUE, HEARTBEAT_TASK, REPORT_QUEUE, SPLIT_QUEUE, SPLIT_TASK
from workers.wire.sending import URGENT, send

pytestmark = pytest.mark.timeout(400)

PREFIX = "voicefarm:"


@pytest.fixture
def broker(request: pytest.FixtureRequest, farm_settings: Settings) -> Iterator[Callable[[], Redis]]:
    """The farm's Redis, as seen by somebody who has its password."""
    if farm_settings.is_embedded:
        yield lambda: Redis(unix_socket_path=str(farm_settings.socket_path))
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        yield server.client


def _like_one_sent(settings: Settings, client: Redis, task: str, queue: str, *arguments: Any) -> dict[str, Any]:
    """A message as the farm itself would send it, made by taking one from a queue that nobody reads."""
    send(build_app(settings), task, "nobody", *arguments, priority=URGENT)
    content: Any = client.rpop(f"{PREFIX}nobody")
    message: dict[str, Any] = json.loads(content)
    message["properties"]["delivery_info"]["routing_key"] = queue
    return message


def test_floods_and_rubbish_stop_no_process(
    open_farm: OpenFarm, short_recording: Path, broker: Callable[[], Redis], farm_settings: Settings
) -> None:
    """Ten thousand worker names, twenty thousand messages due in the next century, and rubbish in every queue."""
    with open_farm(workers=1) as farm, broker() as client:
        farm.finish(farm.submit(short_recording, "through"))
        late = _like_one_sent(farm.settings, client, SPLIT_TASK, SPLIT_QUEUE, 10**9)
        late["headers"]["eta"] = "2100-01-01T00:00:00+00:00"
        forged = [
            json.dumps(
                _like_one_sent(
                    farm.settings, client, HEARTBEAT_TASK, HEARTBEAT_QUEUE,
                    {**BEAT.to_json(), "incarnation": f"forged{n}", "name": f"forged-{n}@x", "holding": [],
                     "queue": f"convert.cpu.forged{n}", "state": "ready"},
                )
            )
            for n in range(100)
        ]  # fmt: skip
        for first in range(100):
            names = [beat.replace("forged-", f"forged-{first}-") for beat in forged]
            client.lpush(f"{PREFIX}{HEARTBEAT_QUEUE}", *names)
        client.lpush(f"{PREFIX}{DESK_QUEUE}", *[json.dumps(late)] * 20_000)
        for queue in (DESK_QUEUE, REPORT_QUEUE, HEARTBEAT_QUEUE, SPLIT_QUEUE, "stitch"):
            client.lpush(f"{PREFIX}{queue}", "x", "[]", '{"body": 5}')
        client.publish(f"{PREFIX}/0.celery.pidbox", "[]")
        client.hset(f"{PREFIX}unacked", "poison", "[]")
        client.zadd(f"{PREFIX}unacked_index", {"poison": 1.0})
        job = farm.submit(short_recording, "through", settings={"seed": 1})
        assert farm.finish(job).state == "finished"
        with farm.database.reading() as connection:
            assert connection.execute(select(func.count()).select_from(WorkerRecord)).scalar_one() <= MOST_WORKERS + 2


def test_nobody_silences_a_dispatcher_by_remote_control(open_farm: OpenFarm, short_recording: Path) -> None:
    with open_farm(workers=1) as farm:
        farm.finish(farm.submit(short_recording, "through"))
        control = build_app(farm.settings).control
        names = [name for reply in control.ping(timeout=2.0) for name in reply]
        dispatchers = [name for name in names if name.startswith(("desk", "studio"))]
        assert len(dispatchers) == 2
        processes = [farm.child(part).process for part in ("desk", "studio")]
        for queue in (DESK_QUEUE, REPORT_QUEUE, HEARTBEAT_QUEUE, SPLIT_QUEUE, "stitch"):
            control.cancel_consumer(queue, destination=dispatchers)
        control.rate_limit(SPLIT_TASK, "1/h", destination=dispatchers)
        control.pool_shrink(2, destination=dispatchers)
        control.time_limit(SPLIT_TASK, soft=0.001, hard=0.001, destination=dispatchers)
        control.shutdown(destination=dispatchers)
        assert farm.finish(farm.submit(short_recording, "through", settings={"seed": 1})).state == "finished"
        assert [farm.child(part).process for part in ("desk", "studio")] == processes
        assert {name for reply in control.ping(timeout=2.0) for name in reply} >= set(dispatchers)


def test_on_a_farm_with_keys_only_signed_messages_count(open_farm: OpenFarm, short_recording: Path) -> None:
    with open_farm(workers=1) as farm:
        farm.finish(farm.submit(short_recording, "through"))
        key = add_key(farm.database, "box1")
        farm.wait(lambda: not _heard(farm.database), "the unsigned worker to fall silent")
        job = farm.submit(short_recording, "through", settings={"seed": 1})
        farm.wait(lambda: farm.job(job).state == "converting", "the split")
        assert farm.job(job).atoms_done == 0
        farm.child("worker-1").environment["VOICEFARM_WORKER_KEY"] = key
        farm.kill("worker-1")
        assert farm.finish(job).state == "finished"


def _heard(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).where(WorkerRecord.state.in_(WORKERS_THERE))).scalar_one())
