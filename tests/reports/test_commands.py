import json
import time
from pathlib import Path

import pytest
import soundfile

from dispatcher.cli.remedies import worded
from storage.errors import InputError, UnknownJob, VoicefarmError
from storage.records.database import Database
from storage.records.schema import SpeedRecord
from tests.reports.conftest import Keep, Run
from tests.reports.rows import attempt, job, lease, worker


def test_a_jobs_report_is_plain_text_no_wider_than_a_page(
    database: Database, keep: Keep, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    keep(job(name="talk [final].wav"))
    keep(
        lease("a", 0, 1),
        attempt(0, "a", "one", stages={"pitch": 0.5}, convert=1.9),
        attempt(1, "a", "one", "failed", error="the engine broke: " + "so it says, " * 20),
        worker("one"),
    )
    text = run("report", 1).stdout
    assert "job 1: talk [final].wav" in text
    assert "0:02:00 in 6 atoms" in text
    assert "13.0 s, 9.2x realtime" in text
    assert "1 attempt on one: the engine broke" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_a_jobs_report_comes_as_json_for_programs(database: Database, keep: Keep, run: Run) -> None:
    keep(job())
    keep(attempt(0, "a", "one"))
    found = json.loads(run("report", 1, "--json").stdout)
    assert found["job"]["makespan"] == 13.0
    assert found["workers"][0]["realtime_factor"] == 10.0


def test_a_jobs_timeline_is_written_for_perfetto(database: Database, keep: Keep, run: Run, tmp_path: Path) -> None:
    keep(job())
    keep(attempt(0, "a", "one"), lease("a", 0, 0, started_at=1003.0), worker("one"))
    file = tmp_path / "job.json"
    said = run("report", 1, "--trace", file).stdout
    assert f"the timeline is in {file}; open it at ui.perfetto.dev" in said
    names = [event["name"] for event in json.loads(file.read_text(encoding="utf-8"))["traceEvents"]]
    assert {"split", "stitch", "atom 0", "lease"} <= set(names)


def test_a_periods_report_comes_as_text_and_as_json(database: Database, keep: Keep, run: Run) -> None:
    now = time.time()
    keep(job(ended_at=now - 60.0))
    keep(attempt(0, "a", "one", ended_at=now - 70.0), worker("one", started_at=now - 100.0, last_seen=now))
    assert json.loads(run("report", "--since", "1h", "--json").stdout)["finished"]["jobs"] == 1
    text = run("report", "--since", "1h").stdout
    assert "1 job, 0:02:00 of audio" in text
    assert "bright (world)" in text


def test_an_unknown_job_is_reported_in_a_sentence(database: Database, run: Run) -> None:
    error = run("report", 99).exception
    assert isinstance(error, UnknownJob)
    assert "no job 99" in str(error)


@pytest.mark.parametrize(
    "words", [(), (1, "--since", "1d"), ("--since", "1d", "--picture", "a.png"), ("--since", "1d", "--trace", "a.json")]
)
def test_a_report_is_about_one_thing(database: Database, run: Run, words: tuple[object, ...]) -> None:
    result = run("report", *words)
    assert result.exit_code == 2
    assert "name" in result.stderr


def test_workers_are_listed(database: Database, keep: Keep, run: Run) -> None:
    now = time.time()
    keep(job())
    keep(
        lease("a", 3, 8, state="running", ended_at=None),
        worker("one", last_seen=now, holding=["a"]),
        worker("long gone", state="gone"),
        worker("just gone", state="gone", incarnation="1", last_seen=now - 50, memory_mb=701.0),
        worker("just gone", state="gone", incarnation="2", last_seen=now - 40, memory_mb=702.0),
        SpeedRecord(queue="convert.cpu.old", engine="world", audio=142.0, busy=10.0, updated_at=0.0),
    )
    text = run("workers").stdout
    for part in ("one", "cpu: old", "studio-a", "world 1 14.2x", "busy", "job 1: 3-8", "100 MB"):
        assert part in text
    assert "gone" not in text
    assert "just gone" in (past := run("workers", "--all").stdout)
    assert "702 MB" in past
    assert "701 MB" not in past
    assert "long gone" not in past
    assert [w["name"] for w in json.loads(run("workers", "--since", "30000d", "--json").stdout)][-1] == "long gone"
    assert [w["name"] for w in json.loads(run("workers", "--json").stdout)] == ["one"]


def test_a_farm_without_workers_is_said_to_have_none(database: Database, run: Run) -> None:
    assert "no worker is there" in run("workers").stdout
    assert json.loads(run("workers", "--json").stdout) == []


def test_a_sample_is_written_whole_with_its_pitch(tmp_path: Path, run: Run) -> None:
    out, table = tmp_path / "new" / "voice.flac", tmp_path / "pitch.csv"
    result = run("sample", out, "--seconds", 1.5, "--rate", 16_000, "--pitch-csv", table)
    assert result.exit_code == 0
    assert soundfile.info(out).frames == 24_000
    assert table.read_text(encoding="utf-8").startswith("seconds,hz\n")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["new", "pitch.csv", "voice.flac"]


def test_a_sample_replaces_nothing_unless_asked(tmp_path: Path, run: Run) -> None:
    out = tmp_path / "voice.wav"
    out.write_bytes(b"precious")
    refused = run("sample", out, "--seconds", 1).exception
    assert isinstance(refused, VoicefarmError)
    assert "pass --overwrite" in worded(refused)
    assert out.read_bytes() == b"precious"
    assert run("sample", out, "--seconds", 1, "--overwrite").exit_code == 0
    assert soundfile.info(out).frames == 44_100


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("voice.mp3", ()),
        ("voice.wav", ("--seconds", -1)),
        ("voice.wav", ("--rate", 5)),
        ("voice.wav", ("--pitch-csv", "voice.wav")),
        ("file/voice.wav", ()),
    ],
)
def test_an_impossible_sample_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, run: Run, name: str, options: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    error = run("sample", name, "--seconds", 1, *options).exception
    assert isinstance(error, InputError)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
