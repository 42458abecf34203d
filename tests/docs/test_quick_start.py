"""The first commands that a reader tries are run as written, on a separate farm."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import soundfile

from storage.audio.write import open_result
from tests.docs.pages import README, blocks_to_run
from tests.infra.places import DOCS, ROOT

pytestmark = pytest.mark.timeout(400)

#: Seconds that a script of thirty commands may take on a slow and busy machine.
PATIENCE = 180.0


#: Starts a farm that ends with the script.
UP = """voicefarm up --workers 1 --no-flower > up.log 2>&1 & farm=$!
trap 'kill $farm; wait $farm' EXIT
until grep -q "farm is up" up.log; do kill -0 $farm; sleep 0.1; done
"""


@pytest.fixture
def shell(tmp_path: Path) -> Mapping[str, str]:
    """An environment in which `voicefarm` is that of this checkout and keeps everything below tmp_path."""
    command = tmp_path / "bin" / "voicefarm"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dispatcher.cli.main "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VOICEFARM_STATE": str(tmp_path / "state"),
        "VOICEFARM_SCRATCH": str(tmp_path),
        "VOICEFARM_WORKERS": "1",
    }


def run(script: str, folder: Path, shell: Mapping[str, str]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.Popen(
        ["/bin/sh", "-eu"], cwd=folder, env=shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        told, complained = done.communicate(script, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        # With the farm that it has started: nobody else would end that.
        os.killpg(done.pid, signal.SIGKILL)
        raise
    assert done.returncode == 0, f"{script}\n{told}\n{complained}"
    return told


def write_as_mp3(recording: Path, targets: list[Path]) -> None:
    samples, rate = soundfile.read(recording, dtype="float32")
    for target in targets:
        with open_result(target, rate=rate, format="mp3", frames=len(samples)) as result:
            result.write(samples)


def test_the_page_on_many_recordings_does_what_it_says(tmp_path: Path, shell: Mapping[str, str]) -> None:
    folder = tmp_path / "desk"
    run("mkdir -p takes/day1 takes/day2\nvoicefarm sample takes/day1/a.wav --seconds 2", folder, shell)
    for copy in ("day1/b.wav", "day2/c.wav"):
        shutil.copy(folder / "takes/day1/a.wav", folder / "takes" / copy)
    page = (DOCS / "bulk.md").read_text(encoding="utf-8")
    (manifest,) = re.findall(r"^```csv\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (folder / "lines.csv").write_text(manifest, encoding="utf-8")

    # Beside a farm that is up already, which every command would start otherwise.
    run("\n".join([UP, *blocks_to_run(page)]), folder, shell)

    def found(name: str) -> list[str]:
        return sorted(p.relative_to(folder / name).as_posix() for p in (folder / name).rglob("*.*"))

    assert found("out") == ["day1/a.wav", "day1/b.wav", "day2/c.wav"]
    assert found("voices") == [f"day1/{name}.{voice}.wav" for name in "ab" for voice in ("bright", "deep")]
    assert found("numbered") == [f"bright/00{number}-{name}.wav" for number, name in enumerate("abc", 1)]
    assert found("dub") == ["ann/001.flac", "b.deep.wav", "c.bright.wav"]
    told = json.loads((folder / "dub.json").read_text(encoding="utf-8"))
    assert [entry["carried"]["actor"] for entry in told] == ["Ann", "Bob", "Cem"]


def test_the_quick_start_does_what_it_says(tmp_path: Path, shell: Mapping[str, str]) -> None:
    folder = tmp_path / "desk"
    (folder / "talks").mkdir(parents=True)
    run("voicefarm sample talk.wav --seconds 3", folder, shell)
    write_as_mp3(folder / "talk.wav", [folder / "talks" / f"{day}.mp3" for day in ("monday", "tuesday")])

    told = run("\n".join(blocks_to_run(README.read_text(encoding="utf-8"))), folder, shell)

    assert soundfile.info(folder / "talk.bright.wav").frames == 3 * 24_000
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["monday.wav", "tuesday.wav"]
    assert "job 1: talk.wav" in told
    assert "giant" in told


def test_the_page_on_effects_does_what_it_says(tmp_path: Path, shell: Mapping[str, str]) -> None:
    folder = tmp_path / "desk"
    run("voicefarm sample talk.wav --seconds 2", folder, shell)
    told = run("\n".join([UP, *blocks_to_run((DOCS / "effects.md").read_text(encoding="utf-8"))]), folder, shell)
    assert soundfile.info(folder / "polished.wav").frames == 2 * 24_000
    assert soundfile.info(folder / "left.wav").channels == 2
    assert "highpass 80 | compress -24 | loudness -16 | limit -1" in told
