"""What the farm keeps on a machine is private to its user."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from storage.private import make_private, make_private_file
from tests.cli.running import CommandLine

#: The usual umask: others may read everything.
USUAL_UMASK = ("sh", "-c", 'umask 022; exec "$0" "$@"')


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def open_folder(tmp_path: Path, usual_umask: None) -> Path:
    """A state folder as earlier versions made it."""
    folder = tmp_path / "state"
    (folder / "objects/results").mkdir(parents=True)
    (folder / "objects/results/1.wav").touch()
    (folder / "records.sqlite3").touch()
    (folder / "tool").touch(mode=0o755)
    return folder


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if rights(path) & 0o077]


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path, usual_umask: None) -> None:
    assert not make_private(tmp_path / "deep" / "state")
    assert rights(tmp_path / "deep" / "state") == 0o700


def test_an_open_folder_is_closed_with_everything_in_it_and_reported_once(open_folder: Path) -> None:
    assert make_private(open_folder)
    assert open_to_others(open_folder) == []
    assert rights(open_folder / "tool") == 0o700
    assert rights(open_folder / "objects/results/1.wav") == 0o600
    assert not make_private(open_folder)


def test_a_closed_folder_is_not_searched(open_folder: Path) -> None:
    make_private(open_folder)
    inside = open_folder / "objects/results/2.wav"
    inside.touch()
    assert not make_private(open_folder)
    assert rights(inside) == 0o644, "nobody gets so far, and there may be millions"


def test_an_open_file_at_the_top_of_a_closed_folder_is_closed_silently(open_folder: Path) -> None:
    make_private(open_folder)
    (open_folder / "records.sqlite3-wal").touch()
    assert not make_private(open_folder)
    assert open_to_others(open_folder) == []


def test_a_link_to_a_state_folder_closes_the_folder_but_not_what_its_own_links_lead_to(
    open_folder: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "others.wav").touch()
    (open_folder / "voices").symlink_to(shared)
    (open_folder / "gone").symlink_to("nowhere")
    link = tmp_path / "link"
    link.symlink_to(open_folder)
    assert make_private(link)
    assert link.is_symlink()
    assert rights(open_folder) == 0o700
    assert (rights(shared), rights(shared / "others.wav")) == (0o755, 0o644)


def test_somebody_elses_folder_is_left_as_it_is(open_folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (open_folder, *open_folder.rglob("*")):
            os.chown(path, 65_534, 65_534)
    else:
        open_folder = Path("/usr/bin")
    before = rights(open_folder)
    assert not make_private(open_folder)
    assert rights(open_folder) == before


def test_files_that_come_and_go_meanwhile_do_no_harm(open_folder: Path) -> None:
    over = Event()

    def come_and_go() -> None:
        while not over.is_set():
            passing = open_folder / "records.sqlite3-shm"
            passing.touch(mode=0o600)
            passing.unlink()

    make_private(open_folder)
    coming = Thread(target=come_and_go)
    coming.start()
    try:
        assert not any(make_private(open_folder) for _ in range(2_000))
    finally:
        over.set()
        coming.join()


def test_records_in_use_keep_their_locks(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    make_private_file(path)
    assert rights(path) == 0o600
    ours = sqlite3.connect(path, isolation_level=None)
    ours.execute("CREATE TABLE t (x)")
    ours.execute("BEGIN EXCLUSIVE")
    make_private_file(path)
    other = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('INSERT INTO t VALUES (1)')"
    refused = subprocess.run([sys.executable, "-c", other], check=False, capture_output=True, text=True)
    assert "is locked" in refused.stderr
    ours.close()


def test_only_the_result_of_a_conversion_is_open_to_others(command: CommandLine, talk: Path, tmp_path: Path) -> None:
    command.within = USUAL_UMASK
    assert command.done("convert", talk, "--voice", "through", "-o", tmp_path / "out.wav").err == ""
    assert rights(tmp_path / "out.wav") == 0o644
    made_by_the_farm = {path for path in command.state.rglob("*") if path.is_file()}
    assert {path.name for path in made_by_the_farm} > {"records.sqlite3", "farm.lock", "redis.log", "worker-1.log"}
    assert rights(command.state) == 0o700
    assert [path for path in command.state.iterdir() if rights(path) & 0o077] == []
    assert {rights(path) for folder in ("logs", "workers") for path in (command.state / folder).iterdir()} == {0o600}


def test_a_folder_that_the_owner_chose_follows_the_owners_umask(
    command: CommandLine, talk: Path, tmp_path: Path
) -> None:
    command.within = USUAL_UMASK
    shared = tmp_path / "shared"
    command.done("convert", talk, "--voice", "through", "-o", tmp_path / "out.wav", objects_url=shared.as_uri())
    assert {rights(path) for path in shared.rglob("*") if path.is_file()} == {0o644}
    assert rights(command.state) == 0o700


def test_the_command_that_mends_a_folder_says_so_once(command: CommandLine) -> None:
    command.within = USUAL_UMASK
    command.state.mkdir()
    command.state.chmod(0o755)
    first = command.done("jobs", "--json")
    assert first.json == []
    assert first.err == f"voicefarm: other users of this machine could read {command.state}; now they cannot\n"
    assert rights(command.state / "records.sqlite3") == 0o600
    assert command.done("jobs").err == ""


def test_a_state_folder_that_cannot_be_made_is_reported_in_a_sentence(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = command.run("jobs", state=tmp_path / "file" / "state").sentence()
    assert "the state folder" in said
    assert "VOICEFARM_STATE" in said
