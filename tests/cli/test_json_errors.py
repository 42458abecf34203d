"""With --json, a command that fails says why in one form, on standard output, with the usual exit status."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dispatcher.cli.main import main
from storage.errors import BrokerUnavailable
from storage.printable import printable
from storage.records.database import Database
from tests.storage.rows import add_job

Failing = Callable[..., tuple[Any, str, object]]


@pytest.fixture
def failing(
    tmp_path: Path, session_sqlite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Failing:
    """Runs a command in this process: what it printed for programs, for people, and its exit status."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    database = Database(f"sqlite:///{shutil.copy(session_sqlite, state / 'records.sqlite3')}")
    with database.writing() as connection:
        add_job(connection, state="converting", name="line\nbreak.wav")
    database.close()
    monkeypatch.setenv("VOICEFARM_STATE", str(state))

    def failing(*arguments: object) -> tuple[Any, str, object]:
        monkeypatch.setattr(sys, "argv", ["voicefarm", *map(str, arguments)])
        try:
            main()
            status: object = 0
        except SystemExit as ending:
            status = ending.code
        said = capsys.readouterr()
        return json.loads(said.out) if said.out else None, said.err, status

    return failing


@pytest.mark.parametrize(
    ("line", "status", "kind", "words"),
    [
        ("show 99 --json", 1, "unknown_job", "there is no job 99"),
        ("fetch 99 -o out.wav --json", 1, "unknown_job", "there is no job 99"),
        ("voice show brigth --json", 1, "unknown_voice", "did you mean bright?"),
        ("jobs --state finishd --json", 2, "usage", "did you mean finished?"),
        ("jobs --lmit 3 --json", 2, "usage", "there is no option --lmit; did you mean --limit?"),
        ("jbos --json", 2, "usage", "there is no command jbos; did you mean jobs?"),
        ("voice lst --json", 2, "usage", "there is no command lst; did you mean list?"),
        ("show --json", 2, "usage", "missing argument 'WHICH'"),
        ("report --json", 2, "usage", "or a period with --since"),
    ],
)
def test_a_failure_is_told_to_programs_and_to_people(
    failing: Failing, line: str, status: int, kind: str, words: str
) -> None:
    told, said, ended = failing(*line.split())
    assert ended == status
    assert told.keys() == {"error"}
    assert told["error"].keys() == {"sentence", "kind", "advice"}
    assert told["error"]["kind"] == kind
    assert words in told["error"]["sentence"]
    assert said.endswith(f"voicefarm: {told['error']['sentence']}\n")


def test_the_advice_is_told_apart_from_the_sentence_that_it_ends(failing: Failing) -> None:
    error = failing("show", 99, "--json")[0]["error"]
    assert error["advice"] == ["`voicefarm jobs` lists those there are"]
    assert error["sentence"].endswith(error["advice"][0])


def test_without_json_nothing_is_printed_for_programs(failing: Failing) -> None:
    assert failing("show", 99) == (None, "voicefarm: there is no job 99; `voicefarm jobs` lists those there are\n", 1)
    assert failing("show", "--", "--json")[0] is None


def test_what_nobody_foresaw_and_ctrl_c_are_told_too(failing: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_with(error: BaseException) -> tuple[Any, str, object]:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr("dispatcher.client.farm.load_job", fail)
        return failing("show", 1, "--json")

    told, _, status = fails_with(RuntimeError("s3cret"))
    assert (told["error"]["kind"], status) == ("unforeseen", 1)
    assert "s3cret" not in told["error"]["sentence"]
    told, _, status = fails_with(KeyboardInterrupt())
    assert (told["error"]["kind"], status) == ("stopped", 130)
    assert fails_with(BrokerUnavailable("it is away"))[0]["error"] == {
        "sentence": "it is away", "kind": "broker_unavailable", "advice": []
    }  # fmt: skip


def test_recordings_are_told_in_one_form_whoever_asks(failing: Failing, tmp_path: Path) -> None:
    missing = tmp_path / "missing.wav"
    told = {
        line: failing(*line.split(), "--json")
        for line in ("fetch 1", f"convert {missing} --voice bright", f"submit {missing} --voice bright")
    }
    for (one,), said, status in told.values():
        assert status == 1
        assert list(one) == [
            "source", "voice", "job", "batch", "state", "result", "error", "remark", "carried"
        ]  # fmt: skip
        assert one["error"].keys() == {"sentence", "kind", "advice"}
        assert one["voice"] == "bright"
        assert said.endswith(f"voicefarm: {printable(one['source'])}: {one['error']['sentence']}\n")
    assert [one["state"] for (one,), _, _ in told.values()] == ["unfetched", "refused", "refused"]
    refused = failing("plan", missing, "--voice", "bright", "--json")[0]["refused"]
    assert refused[0]["error"] == told[f"submit {missing} --voice bright"][0][0]["error"]


def test_cancelling_and_retrying_tell_what_became_of_each_job(failing: Failing) -> None:
    told, said, status = failing("cancel", 1, 99, "--json")
    assert status == 1
    assert [(entry["job"], entry["state"]) for entry in told] == [(1, "cancelled"), (99, None)]
    assert told[0]["error"] is None
    assert told[1]["error"]["kind"] == "unknown_job"
    assert "there is no job 99" in said
    told, _, status = failing("retry", 1, "--json")
    assert (told, status) == ([{"job": 1, "state": told[0]["state"], "error": None}], 0)
