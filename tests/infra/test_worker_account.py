"""The workers' account on the broker is enough for a real worker and good for nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest
import redis

from dispatcher.local.child import voicefarm
from dispatcher.sample.recording import write_sample
from storage.settings import Settings
from testing.running_farm import PATIENCE, RunningFarm, running_farm
from testing.services.building import embedded_settings
from testing.services.waiting import wait_until
from tests.infra.accounts import WORKER_PASSWORD, AccountsRedis, template
from workers.wire.celery_app import build_app
from workers.wire.routes import DESK_QUEUE, SPLIT_QUEUE, STITCH_QUEUE, convert_queue

QUEUE = f"voicefarm:{convert_queue('cpu.any')}"
PIDBOX = "voicefarm:/0.celery.pidbox"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountsRedis]:
    server = AccountsRedis(tmp_path_factory.mktemp("redis"), template())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(broker: AccountsRedis, session_sqlite: Path, tmp_path: Path) -> Settings:
    broker.empty()
    settings = embedded_settings(tmp_path, broker_url=broker.url, atom_seconds=5.0, heartbeat_seconds=0.5)
    settings.state_folder.mkdir()
    copy(session_sqlite, settings.state_folder / "records.sqlite3")
    return settings


def _hire(farm: RunningFarm, broker: AccountsRedis) -> None:
    """A worker that knows the broker only through its own account."""
    own = replace(farm.settings, broker_url=broker.url_of("worker", WORKER_PASSWORD))
    child = voicefarm("worker-1", ["worker"], own.state_folder / "logs", own.as_environment())
    farm.supervisor.children.append(child)
    child.start()


def test_a_worker_does_all_its_work_with_its_account(broker: AccountsRedis, settings: Settings, tmp_path: Path) -> None:
    write_sample(tmp_path / "talk.wav", 12.0, rate=24_000)
    with running_farm(settings, workers=0) as farm:
        _hire(farm, broker)
        job = farm.finish(farm.submit(tmp_path / "talk.wav", "through"))
        assert job.state == "finished", job.reason
        control = build_app(settings).control
        wait_until(lambda: any("cpu" in n for n in control.inspect(timeout=0.3).ping() or ()), PATIENCE, "an answer")
    # The worker has also ended, and said goodbye.
    assert broker.refusals() == []


@pytest.mark.parametrize(
    "command",
    [
        f"BRPOP voicefarm:{DESK_QUEUE} 1", f"DEL voicefarm:{DESK_QUEUE}", f"LRANGE voicefarm:{DESK_QUEUE} 0 -1",
        f"LPUSH voicefarm:{SPLIT_QUEUE} x", f"LPUSH voicefarm:{STITCH_QUEUE} x", "SET other x", "GET other",
        f"PUBLISH {PIDBOX} shutdown", "PSUBSCRIBE voicefarm:*", "EVAL return(1) 0", "FUNCTION LIST", "FCALL f 0",
        "SCRIPT FLUSH", "SCRIPT KILL", "FLUSHALL", "FLUSHDB", "KEYS *", "SCAN 0", "RANDOMKEY", "CONFIG GET *",
        "ACL LIST", "CLIENT KILL ID 1", "CLIENT LIST", "MONITOR", "SHUTDOWN", "REPLICAOF NO ONE",
        f"RENAME {QUEUE} x", f"COPY {QUEUE} x", f"LMOVE voicefarm:{DESK_QUEUE} {QUEUE} LEFT LEFT", "INFO",
    ],
)  # fmt: skip
def test_the_account_is_good_for_nothing_else(broker: AccountsRedis, command: str) -> None:
    with broker.client_of("worker", WORKER_PASSWORD) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split(" "))


def test_a_script_may_do_no_more_than_the_account_that_runs_it(broker: AccountsRedis) -> None:
    with broker.client_of("worker", WORKER_PASSWORD) as client:
        script = client.script_load(f"return redis.call('LPUSH', 'voicefarm:{SPLIT_QUEUE}', 'x')")
        with pytest.raises(redis.exceptions.ResponseError, match="can't access at least one of the keys"):
            client.evalsha(script, 0)


def test_each_machine_may_have_its_own_account(broker: AccountsRedis) -> None:
    with broker.accounts.open("a", encoding="utf-8") as file:
        file.write(template("worker-box1", "other"))
    with broker.client() as owner:
        owner.acl_load()
    with broker.client_of("worker-box1", "other") as client:
        assert client.lpush(f"voicefarm:{DESK_QUEUE}", "x")
    with pytest.raises(redis.exceptions.AuthenticationError):
        broker.client_of("worker-box1", WORKER_PASSWORD).ping()
