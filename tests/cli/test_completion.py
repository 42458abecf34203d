"""What shells complete: in process what is offered, and in each real shell that is here that its script works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest
from click.shell_completion import ShellComplete
from sqlalchemy import insert

from dispatcher.cli.main import COMMANDS, COMPLETE, PROGRAM, cli
from dispatcher.cli.shells import joined
from dispatcher.client.glance import glance
from storage.records.database import Database
from storage.records.schema import VoiceRecord
from storage.records.states import ENDED_JOBS
from tests.cli.running import ROOT
from tests.storage.rows import add_job

METHODS = [f"pitch_method={word}" for word in ("rmvpe", "harvest", "dio", "swift-f0")]
#: Prints what bash would offer; outside of a completion, bash has no `compopt`.
_BASH = """
compopt() { echo "files"; }
eval "$(voicefarm completion bash)"
COMP_WORDS=(%s) COMP_CWORD=%d
_voicefarm_completion voicefarm
printf '%%s\\n' "${COMPREPLY[@]}"
"""
#: The same for zsh, whose own functions for offering exist only inside a completion.
_ZSH = """
compdef() { }
_describe() { print -rl -- $completions_with_descriptions }
compadd() { print -rl -- $completions }
eval "$(voicefarm completion zsh)"
words=(%s) CURRENT=%d
_voicefarm_completion
"""


@pytest.fixture
def state(tmp_path: Path, session_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder whose records know some jobs and a voice."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    database = Database(f"sqlite:///{shutil.copy(session_sqlite, folder / 'records.sqlite3')}")
    with database.writing() as connection:
        for state, name in (("failed", "a:b\nc.wav"), ("finished", "done.wav"), ("converting", "talk.wav")):
            add_job(connection, state=state, name=name, ended_at=1.75e9 + 2 if state in ENDED_JOBS else None)
        connection.execute(
            insert(VoiceRecord).values(
                name="brave", engine="world", recipe={}, rate_out=24_000, content_hash="0", created_at=0
            )
        )
    database.close()
    monkeypatch.setenv("VOICEFARM_STATE", str(folder))
    return folder


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`voicefarm` as a program on the PATH."""
    program = tmp_path / "bin" / "voicefarm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dispatcher.cli.main "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def offers(line: str) -> list[str]:
    """What is offered for the last word of a line, in this process."""
    *words, incomplete = line.split(" ")
    return [item.value for item in ShellComplete(cli, {}, PROGRAM, COMPLETE).get_completions(words, incomplete)]


def test_commands_are_completed_without_importing_any() -> None:
    program = (
        "import sys\nfrom click.shell_completion import ShellComplete\nfrom dispatcher.cli.main import cli\n"
        "print([item.value for item in ShellComplete(cli, {}, '', '').get_completions([], 'w')])\n"
        "print([m for m in sys.modules if m == 'sqlalchemy'])"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == ["['watch', 'workers', 'worker', 'worker-key']", "[]"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("convert --voice br", ["bright", "brave"]),
        ("voice show br", ["bright", "brave"]),
        ("voice remove ", ["brave"]),
        ("show ", ["3", "2", "1"]),
        ("cancel ", ["3"]),
        ("retry ", ["1"]),
        ("fetch ", ["2"]),
        ("show 2", ["2"]),
        ("jobs --state f", ["finished", "failed"]),
        ("convert --pauses ", ["converted", "silent"]),
        ("convert --voice bright --quality b", ["balanced"]),
        ("convert --format o", ["ogg", "opus"]),
        ("convert --require c", ["cpu", "cuda"]),
        ("model pull r", ["rmvpe"]),
        ("worker --only c", ["cuda", "cpu"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("convert --set pitch_", ["pitch_low=", "pitch_high=", *METHODS]),
        ("convert --voice bright --set ", ["pitch=", "formant_shift=", "breath=", "seed="]),
        ("voice add x --like bright --default p", ["pitch="]),
    ],
)
def test_values_are_completed(state: Path, line: str, expected: list[str]) -> None:
    assert offers(line) == expected


def test_options_and_files_are_completed(state: Path) -> None:
    assert offers("convert --pitch-m") == ["--pitch-method"]
    assert ShellComplete(cli, {}, PROGRAM, COMPLETE).get_completions(["convert"], "ta")[0].type == "file"


@pytest.mark.parametrize(
    "settings",
    [
        {"STATE": "/nowhere/at/all"},
        {"DATABASE_URL": "sqlite:////nowhere/records.sqlite3"},
        {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x"},
        {"DATABASE_URL": "nonsense"},
        {"WORKERS": "many"},
    ],
)
def test_without_records_that_answer_only_what_is_built_in_is_offered_and_nothing_said(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"VOICEFARM_{name}", value)
    assert offers("convert --voice br") == ["bright"]
    assert offers("show ") == []
    assert capfd.readouterr() == ("", "")
    assert not Path("/nowhere").exists()


def test_completing_creates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEFARM_STATE", str(tmp_path / "none"))
    offers("convert --voice br")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("VOICEFARM_STATE", str(tmp_path / "empty"))
    offers("convert --voice br")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty"]


def test_records_that_do_not_answer_are_not_waited_for(state: Path) -> None:
    waiting = Event()

    def read(database: Database) -> str:
        waiting.wait()
        return "late"

    assert glance(read, patience=0.05) is None
    waiting.set()


def _shell(*command: str) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split("\n")


def test_bash_completes(state: Path, on_path: None) -> None:
    assert set(COMMANDS) <= set(_shell("bash", "-c", _BASH % ("voicefarm ''", 1)))
    assert _shell("bash", "-c", _BASH % ("voicefarm convert ta", 2))[0] == "files"
    # Bash takes an equals sign for a word.
    assert _shell("bash", "-c", _BASH % ("voicefarm convert --voice = br", 4))[:2] == ["bright", "brave"]
    assert _shell("bash", "-c", _BASH % ("voicefarm convert --set pauses = s", 5))[0] == "silent"


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes_with_names_as_help(state: Path, on_path: None) -> None:
    assert _shell("zsh", "-f", "-c", _ZSH % ("voicefarm convert --pauses=s", 3))[0] == "--pauses=silent"
    said = _shell("zsh", "-f", "-c", _ZSH % ("voicefarm show ''", 3))
    assert said[:3] == [
        "3:talk.wav (bright, converting)", "2:done.wav (bright, finished)", r"1:a:b\nc.wav (bright, failed)"
    ]  # fmt: skip


def test_words_on_both_sides_of_an_equals_sign_are_one() -> None:
    assert joined(["--voice", "=", "br", "--set", "a", "=", ""]) == ["--voice=br", "--set", "a="]
    assert joined(["=", "a"]) == ["=a"]


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes_with_names_as_help(state: Path, on_path: None) -> None:
    script = "voicefarm completion fish | source; complete -C 'voicefarm fetch '"
    script += "; complete -C 'voicefarm convert --voice=bri'"
    said = _shell("fish", "--no-config", "-c", script)
    assert said[:2] == ["2\tdone.wav (bright, finished)", "--voice=bright\tworld, built in"]
