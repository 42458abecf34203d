"""Recordings whose names are not valid text, or contain what a terminal would obey."""

import json
import os
from pathlib import Path

import pytest
import soundfile

from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from storage.objects.folder import FolderStore
from storage.records.database import Database
from storage.settings import Settings
from testing.quiet import quiet_turns
from testing.sounds import encoded, tone
from tests.cli.recordings import GOOD
from tests.cli.running import CommandLine

#: In Latin-1, as on old disks.
NO_UTF8 = os.fsdecode("café.wav".encode("latin-1"))
#: Sets the window's title and rings the bell.
WICKED = "a\x1b]0;owned\x07[b].wav"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in (NO_UTF8, WICKED, "good.wav"):
        (folder / name).write_bytes(GOOD)
    return folder


def test_names_that_are_not_utf8_can_be_stored(migrated_url: str, folder: Path, tmp_path: Path) -> None:
    database, store = Database(migrated_url), FolderStore(tmp_path / "objects")
    tagged = folder / "tagged.flac"
    tagged.write_bytes(encoded(tone(8_000, 16_000), 16_000, "FLAC", "PCM_16", title="\x1b[2J", artist="A. Singer"))
    conversion = check_request(database, Settings(), Request("through"))
    turns = quiet_turns(database, Settings())
    named = load_job(database, submit(turns, store, folder / NO_UTF8, conversion))
    assert named.name == r"caf\xe9.wav"
    titled = load_job(database, submit(turns, store, tagged, conversion))
    assert (titled.title, titled.artist) == ("\x1b[2J", "A. Singer")
    database.close()


def test_a_batch_is_converted_whatever_its_names(command: CommandLine, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = command.done("convert", folder, "--voice", "through", "-o", out)
    assert {path.name for path in out.iterdir()} == {NO_UTF8, WICKED, "good.wav"}
    assert soundfile.info(os.fsencode(out / NO_UTF8)).frames == 16_000
    assert sorted(ended.out.splitlines()) == [
        rf"{folder}/a\x1b]0;owned\x07[b].wav -> {out}/a\x1b]0;owned\x07[b].wav",
        rf"{folder}/caf\xe9.wav -> {out}/caf\xe9.wav",
        f"{folder}/good.wav -> {out}/good.wav",
    ]
    refused = command.run("convert", folder, "--voice", "plain", "-o", out, "--json")
    assert {Path(entry["source"]).name for entry in refused.json} == {NO_UTF8, WICKED, "good.wav"}
    assert rf"{out}/caf\xe9.wav exists already" in refused.err
    assert "\x1b" not in refused.err

    named = {job["name"]: job["id"] for job in command.told("jobs")}
    assert named.keys() == {r"caf\xe9.wav", WICKED, "good.wav"}
    command.done("fetch", named[r"caf\xe9.wav"], "-o", tmp_path)
    assert (tmp_path / r"caf\xe9.wav").exists()
    assert json.loads(command.done("show", named[WICKED], "--json").out)["name"] == WICKED
