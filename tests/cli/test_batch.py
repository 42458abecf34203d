"""A bad recording never stops the others, and each bad one gets its own explanation."""

import os
from pathlib import Path
from typing import Any

import pytest
import soundfile

from storage.audio.grid import resampled_length
from tests.cli.recordings import BAD, FAIL_LATE, GOOD_ONES, write_bad, write_good
from tests.cli.running import PLAIN, CommandLine

VOICE_RATE = 16_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    write_good(made)
    return made


def test_good_recordings_in_a_batch_are_converted_and_bad_ones_explained(
    command: CommandLine, folder: Path, tmp_path: Path
) -> None:
    write_bad(folder)
    out, double = tmp_path / "out", tmp_path / "plain.flac"
    out.mkdir()
    (out / "there.wav").write_bytes(b"mine")
    for name in ("closed.wav", "there.wav"):
        (folder / name).write_bytes((folder / "plain.wav").read_bytes())
    (folder / "closed.wav").chmod(0)
    (folder / "closed").mkdir(mode=0)
    (folder / "._plain.wav").write_bytes(b"what a Mac leaves behind")
    double.write_bytes((folder / "lossless.flac").read_bytes())

    command.within = PLAIN if os.geteuid() == 0 else ()
    ended = command.run("convert", folder, double, tmp_path / "missing.wav", "--voice", "through", "-o", out, "--json")

    assert ended.status == 1
    entries = {Path(entry["source"]).relative_to(tmp_path).as_posix(): entry for entry in ended.json}
    expected = {f"folder/{name}": words for name, (_, words) in BAD.items()} | {
        "folder/closed.wav": ("cannot be opened (Permission denied)", "permissions"),
        "folder/closed": ("cannot be looked into (Permission denied)", "rights"),
        "folder/there.wav": ("exists already", "--overwrite"),
        "plain.flac": ("folder/plain.wav would both become", "rename one"),
        "missing.wav": ("cannot be opened (No such file or directory)", "check the path"),
    }
    assert entries.keys() == expected.keys() | {f"folder/{name}" for name in GOOD_ONES}
    for name, words in expected.items():
        sentence = entries[name]["error"]["sentence"]
        _has_sentence(sentence, words)
        assert entries[name]["result"] is None
        assert f"{entries[name]['source']}: {sentence}" in ended.err.replace("voicefarm: ", "")
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == len(expected), ended.err
    _has_all_good(out, [entry for name, entry in entries.items() if name not in expected])
    assert {path.name for path in out.rglob("*")} == {_result(name) for name in GOOD_ONES} | {"there.wav"}
    assert (out / "there.wav").read_bytes() == b"mine"

    command.within = ()
    jobs = {job["name"]: job for job in command.told("jobs")}
    assert {name for name, job in jobs.items() if job["state"] == "finished"} == GOOD_ONES.keys()
    assert {name for name, job in jobs.items() if job["state"] == "failed"} == FAIL_LATE
    assert len(jobs) == len(GOOD_ONES) + len(FAIL_LATE)
    for name in FAIL_LATE:
        assert jobs[name]["note"] == entries[f"folder/{name}"]["error"]["sentence"]


def test_a_batch_of_good_recordings_succeeds(command: CommandLine, folder: Path, tmp_path: Path) -> None:
    _has_all_good(tmp_path / "out", command.told("convert", folder, "--voice", "through", "-o", tmp_path / "out"))


def _has_sentence(error: str, words: tuple[str, ...]) -> None:
    assert "\n" not in error
    for some in words:
        assert some in error


def _has_all_good(out: Path, entries: list[dict[str, Any]]) -> None:
    assert {Path(entry["source"]).name for entry in entries} == GOOD_ONES.keys()
    assert {entry["state"] for entry in entries} == {"finished"}
    for name, (frames, rate) in GOOD_ONES.items():
        found = soundfile.info(out / _result(name))
        assert (found.samplerate, found.frames) == (VOICE_RATE, resampled_length(frames, rate, VOICE_RATE)), name


def _result(name: str) -> str:
    return f"{Path(name).stem}.wav"
