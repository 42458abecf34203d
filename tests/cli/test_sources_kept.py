"""No result replaces a recording, even with --overwrite."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from dispatcher.cli.remedies import worded
from dispatcher.jobs.hashing import hash_file
from dispatcher.jobs.sacred import Recordings, place_of
from dispatcher.wishes.places import Places
from dispatcher.wishes.targets import Existing, Target, spare_recordings
from storage.records.database import Database
from testing.sounds import encoded, tone
from tests.cli.recordings import GOOD
from tests.cli.running import CommandLine
from tests.reports.rows import job
from tests.wishes.asking import commission, planned

REFUSAL = "which no result replaces; choose another place with -o"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one recording, made the working folder."""
    folder = tmp_path / "dl"
    folder.mkdir()
    (folder / "two.wav").write_bytes(GOOD)
    monkeypatch.chdir(folder)
    return folder


def _planned(sources: list[str], out: str, format_: str = "wav") -> dict[str, str | None]:
    targets = planned([Path(s) for s in sources], Path(out), format_, Existing.REPLACE)
    return {str(t.source): None if t.error is None else worded(t.error) for t in targets}


def _hard_link(folder: Path) -> str:
    (folder / "link.wav").hardlink_to(folder / "two.wav")
    return "link.wav"


def _link(folder: Path) -> str:
    (folder / "link.wav").symlink_to("two.wav")
    return "link.wav"


def _linked_folder(folder: Path) -> str:
    (folder.parent / "other").symlink_to(folder)
    return "../other/two.wav"


@pytest.mark.parametrize(
    "spelt",
    [
        _hard_link, _link, _linked_folder, lambda _: "two.wav", lambda _: "./x/../two.wav",
        lambda folder: f"../{folder.name}/./two.wav", lambda folder: str(folder / "two.wav"), lambda _: "TWO.WAV",
    ],
    ids=["hard link", "link", "linked folder", "itself", "via subfolder", "via parent", "absolute", "in capitals"],
)  # fmt: skip
def test_a_recording_is_kept_by_whatever_name_it_is_reached(folder: Path, spelt: Callable[[Path], str]) -> None:
    (error,) = _planned(["two.wav"], spelt(folder)).values()
    assert error
    assert REFUSAL in error


def test_neither_a_given_link_nor_its_target_is_replaced(folder: Path) -> None:
    (folder / "link.wav").symlink_to("two.wav")
    for result in ("link.wav", "two.wav"):
        (error,) = _planned(["link.wav"], result).values()
        assert error
        assert REFUSAL in error


def test_refused_or_missing_recordings_keep_their_names(folder: Path) -> None:
    (folder / "master.mp3").write_bytes(GOOD)
    (folder / "diary.mp3").write_bytes(GOOD)
    (folder / "diary.wav").write_bytes(b"dear diary")
    planned = _planned(["master.mp3", "MASTER.WAV", "diary.mp3", "diary.wav"], ".")
    for source in ("MASTER.WAV", "diary.wav"):
        assert REFUSAL in str(planned[source])
    # Those whose results would take their places get names of their own.
    assert planned["master.mp3"] is None
    assert planned["diary.mp3"] is None
    (folder / "link.wav").symlink_to("gone.wav")
    assert REFUSAL in str(_planned(["gone.wav"], "link.wav")["gone.wav"])


def test_two_recordings_that_differ_only_in_endings_and_case_get_a_name_each(folder: Path) -> None:
    for name in ("Öde.mp3", "O\u0308DE.flac"):
        (folder / name).write_bytes(GOOD)
    targets = planned([Path("Öde.mp3"), Path("O\u0308DE.flac")], Path("../out"))
    assert [t.error for t in targets] == [None, None]
    assert [t.result.name for t in targets] == ["Öde.wav", "O\u0308DE.flac.wav"]


def test_two_results_that_differ_only_in_case_are_refused(folder: Path) -> None:
    (folder / "sub").mkdir()
    for name in ("Öde.mp3", "sub/O\u0308DE.mp3"):
        (folder / name).write_bytes(GOOD)
    first, second = _planned(["Öde.mp3", "sub/O\u0308DE.mp3"], "../out").values()
    assert first is None
    assert "would both become" in str(second)


@pytest.mark.parametrize(
    ("one", "other"), [("Talk.WAV", "talk.wav"), ("Straße.wav", "STRASSE.wav"), ("\u00e9.wav", "E\u0301.wav")]
)
def test_names_that_some_disks_treat_as_the_same_count_as_one(one: str, other: str) -> None:
    assert place_of(Path(one)) == place_of(Path(other))
    assert Recordings([Path(one)]).at(Path(other)) == Path(one)


def test_names_that_every_disk_tells_apart_count_as_two() -> None:
    assert Recordings([Path("talk.wav")]).at(Path("out/talk.wav")) is None
    assert place_of(Path("e.wav")) != place_of(Path("\u00e9.wav"))


@dataclass(frozen=True, slots=True)
class Known:
    """Records of one job, and the recording in this folder that it was made from."""

    database: Database
    recording: Path

    def planned(self, result: Path) -> str | None:
        (target,) = spare_recordings(self.database, [Target(commission(Path("other.wav")), result)], Places())
        return None if target.error is None else worded(target.error)


@pytest.fixture
def known(migrated_sqlite_url: str, folder: Path) -> Iterator[Known]:
    database = Database(migrated_sqlite_url)
    recording = folder / "two.wav"
    with database.writing() as connection, Session(connection) as session:
        session.add(job(source_hash=hash_file(recording), source_bytes=recording.stat().st_size))
        session.commit()
    yield Known(database, recording)
    database.close()


def test_the_recording_of_a_job_is_kept_wherever_it_lies(known: Known, tmp_path: Path) -> None:
    copied, linked = tmp_path / "copy.wav", tmp_path / "link.wav"
    copied.write_bytes(known.recording.read_bytes())
    linked.symlink_to(known.recording)
    for result in (known.recording, copied, linked):
        assert f"{result} is the recording that job 1 was made of" in str(known.planned(result))


def test_a_file_that_only_resembles_the_recording_may_be_replaced(known: Known, tmp_path: Path) -> None:
    result = tmp_path / "result.wav"
    result.write_bytes(b"x" * known.recording.stat().st_size)
    assert known.planned(result) is None
    assert known.planned(tmp_path / "new.wav") is None
    os.mkfifo(tmp_path / "pipe.wav")
    assert known.planned(tmp_path / "pipe.wav") is None


def test_a_folder_converted_into_itself_loses_nothing(command: CommandLine, folder: Path, tmp_path: Path) -> None:
    """Nor does a later fetch lose anything, whether onto a recording or onto a result."""
    (folder / "master.wav").write_bytes(GOOD)
    (folder / "master.mp3").write_bytes(encoded(tone(16_000, 16_000), 16_000, "MP3", "MPEG_LAYER_III"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ended = command.run("convert", folder, "--voice", "through", "-o", folder, "--overwrite")
    assert ended.status == 1
    assert ended.err.count(REFUSAL) == 2, ended.err
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after.pop("master.mp3.wav")
    assert after == before

    out = tmp_path / "out.wav"
    command.done("convert", folder / "master.mp3", "--voice", "through", "-o", out)
    result = out.read_bytes()
    out.write_bytes(before["master.mp3"])
    fetched = command.run("fetch", 1, "-o", out, "--overwrite")
    assert f"{out} is the recording that job 1 was made of, which no result replaces" in fetched.sentence()
    assert out.read_bytes() == before["master.mp3"]
    out.write_bytes(b"anything else")
    command.done("fetch", 1, "-o", out, "--overwrite")
    assert out.read_bytes() == result
    assert {path.name for path in tmp_path.iterdir()} == {"dl", "out.wav", "state"}
