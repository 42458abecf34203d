"""`voicefarm up` in one terminal, all other commands in another."""

import base64
import json
import os
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import soundfile

from testing.services.server import HOST
from testing.services.waiting import wait_until
from testing.sounds import encoded, tone
from tests.cli.running import PATIENCE, ROOT, CommandLine, ended
from workers.wire.routes import class_of

RATE = 16_000


def test_every_command_works_beside_a_running_farm(farm_up: CommandLine, talk: Path, tmp_path: Path) -> None:
    farm_up.done("voice", "add", "mine", "--like", "bright", "--set", "pitch=2")
    farm_up.done("voice", "add", "slow", "--like", "through", "--set", "pace=1")
    voices = {voice["name"]: voice for voice in farm_up.told("voice", "list")}
    assert voices["mine"] == farm_up.told("voice", "show", "mine")
    assert voices["mine"]["recipe"]["pitch"] == 2

    long = tmp_path / "long.wav"
    soundfile.write(long, tone(RATE * 40, RATE), RATE)
    slow = farm_up.told("submit", long, "--voice", "slow", "--priority", "low")[0]["job"]
    wait_until(lambda: farm_up.farm.workers()[0].state == "busy", 20, "a busy worker")
    farm_up.done("cancel", slow)
    assert farm_up.told("jobs", "--state", "cancelled")[0]["id"] == slow

    quick = int(farm_up.done("submit", talk, "--voice", "mine").out)
    wait_until(lambda: farm_up.farm.job(quick).state == "finished", 30, "the end of the job")
    mine = tmp_path / "mine.wav"
    farm_up.done("fetch", quick, "-o", mine)
    assert soundfile.info(mine).frames == round(voices["mine"]["rate"] * 1.0)
    assert farm_up.told("report", quick)["job"]["name"] == "talk.wav"
    assert farm_up.told("report", "--since", "1h")

    farm_up.done("fetch", quick, "-o", mine)
    mine.write_bytes(b"something else")
    refused = {
        ("cancel", slow): "is cancelled already",
        ("retry", quick): "only failed and cancelled jobs can be retried",
        ("fetch", quick, "-o", mine): "exists already",
        ("fetch", slow, "-o", tmp_path / "slow.wav"): "there is no result to fetch",
    }
    begun = [farm_up.start(*arguments) for arguments in refused]
    for process, words in zip(begun, refused.values(), strict=True):
        assert words in ended(process).sentence()

    farm_up.done("retry", slow)
    assert farm_up.told("show", slow)["state"] in ("submitted", "splitting", "converting")
    farm_up.done("cancel", slow)
    farm_up.done("voice", "remove", "mine")
    assert "no voice 'mine'" in farm_up.run("voice", "show", "mine").sentence()


def test_flower_shows_workers_and_tasks_to_whoever_has_its_password(
    farm_up: CommandLine, talk: Path, tmp_path: Path
) -> None:
    farm_up.done("convert", talk, "--voice", "through", "-o", tmp_path / "out.wav")
    wait_until(lambda: _flower(farm_up, "/") == (401, ""), 20, "Flower to refuse us")
    assert _flower(farm_up, "/", "wrong")[0] == 401
    assert _flower(farm_up, "/workers", "open sesame")[0] == 200
    queue = _workers(farm_up)[0]["queue"]
    machine_class = class_of(queue)
    assert machine_class.startswith("cpu.")
    wait_until(lambda: f'task="{queue}"' in _metrics(farm_up), 20, "a task by its class", every=0.2)
    assert f'worker="{machine_class}-1@' in _metrics(farm_up)


def test_celerys_own_commands_see_the_farm(farm_up: CommandLine) -> None:
    name = _workers(farm_up)[0]["name"]
    assert f"{name}: OK" in _celery(farm_up, "status")
    assert name in json.loads(_celery(farm_up, "inspect", "active", "--json"))


@pytest.mark.parametrize("format_", ["flac", "mp3"])
def test_title_and_artist_are_carried_into_the_result(farm_up: CommandLine, tmp_path: Path, format_: str) -> None:
    sources = [("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("WAV", "PCM_16")]
    for container, codec in sources:
        content = encoded(tone(RATE * 2, RATE), RATE, container, codec, title=f"Öde {container}", artist="A. Singer")
        (tmp_path / f"{container}.{container.lower()}").write_bytes(content)
    out = tmp_path / "out"
    farm_up.done("convert", tmp_path, "--voice", "through", "-o", out, "--format", format_)
    for container, _ in sources:
        with soundfile.SoundFile(out / f"{container}.{format_}") as result:
            assert (result.title, result.artist) == (f"Öde {container}", "A. Singer")


def _workers(farm: CommandLine) -> list[dict[str, Any]]:
    wait_until(farm.farm.workers, 20, "a worker")
    found: list[dict[str, Any]] = farm.told("workers")
    return found


def _metrics(farm: CommandLine) -> str:
    return _flower(farm, "/metrics", "open sesame")[1]


def _flower(farm: CommandLine, path: str, password: str = "") -> tuple[int, str]:
    secret = base64.b64encode(f"voicefarm:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"} if password else {}
    connection = HTTPConnection(HOST, int(str(farm.settings["flower_port"])), timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        said = answer.read().decode()
        return answer.status, said if password else ""
    except OSError:
        return 0, ""
    finally:
        connection.close()


def _celery(farm: CommandLine, *arguments: str) -> str:
    environment = {**os.environ, "VOICEFARM_STATE": str(farm.state)}
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "workers.app", *arguments], cwd=ROOT, env=environment, text=True,
        capture_output=True, check=True, timeout=PATIENCE,
    ).stdout  # fmt: skip
