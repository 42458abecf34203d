"""`--debug` shows where an error came from, but no passwords."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from dispatcher.cli.main import main
from tests.cli.running import ROOT

SECRET = "s3cret/w@rd:1"

Debugged = Callable[..., str]


@pytest.fixture
def debugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Debugged:
    """Runs a command with --debug and returns the traceback it ended with."""
    monkeypatch.setenv("VOICEFARM_STATE", str(tmp_path / "state"))
    # --debug sets it for the whole process, which here is the test process.
    monkeypatch.setenv("VOICEFARM_DEBUG", "")

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["voicefarm", "--debug", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            main()
        assert ending.value.code == 1
        said = capsys.readouterr().err
        assert said.startswith("Traceback (most recent call last)")
        for spelling in (SECRET, quote(SECRET), quote(SECRET, safe=""), "s3cret", "w@rd"):
            assert spelling not in said
        return said

    return run


@pytest.mark.parametrize("spelling", [SECRET, quote(SECRET)])
def test_a_broken_broker_url_is_shown_without_its_password(
    debugged: Debugged, talk: Path, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    monkeypatch.setenv("VOICEFARM_BROKER_URL", f"redis://:{spelling}@host:6379/0")
    monkeypatch.setenv("VOICEFARM_DATABASE_URL", migrated_sqlite_url)
    said = debugged("submit", talk, "--voice", "through")
    assert "SettingsError: VOICEFARM_BROKER_URL is redis://:***@host:6379/0" in said


def test_an_endpoint_is_shown_without_its_password(
    debugged: Debugged, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = f"http://key:{SECRET}@s3.studio:9000"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"no answer from {endpoint}")

    monkeypatch.setenv("VOICEFARM_OBJECTS_ENDPOINT", endpoint)
    monkeypatch.setattr("dispatcher.client.farm.plan_targets", fail)
    said = debugged("convert", talk, "--voice", "through", "-o", "out.wav")
    assert "RuntimeError: no answer from http://key:***@s3.studio:9000" in said


def test_secrets_stay_hidden_even_if_some_settings_cannot_be_read(
    debugged: Debugged, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        monkeypatch.setenv("VOICEFARM_WORKERS", "many")
        raise ValueError(SECRET)

    monkeypatch.setenv("VOICEFARM_OBJECTS_SECRET_KEY", SECRET)
    monkeypatch.setattr("dispatcher.client.farm.plan_targets", fail)
    assert "ValueError: ***" in debugged("convert", talk, "--voice", "through")


PROCESS = """
import logging
from dispatcher.local.log_secrets import hide_in_logs
from storage.settings import Settings
from workers.app import app

settings = Settings.load()
hide_in_logs(settings)
app.log.setup(loglevel="WARNING")
try:
    int(settings.objects_secret_key)
except ValueError:
    logging.getLogger("kombu.connection").exception("no answer from %s", settings.broker_url)
"""


def test_logs_of_farm_processes_hide_secrets_too() -> None:
    secrets = {"VOICEFARM_OBJECTS_SECRET_KEY": SECRET, "VOICEFARM_BROKER_URL": f"redis://:{quote(SECRET)}@host"}
    process = subprocess.run(
        [sys.executable, "-c", PROCESS], env={**os.environ, **secrets}, cwd=ROOT, text=True, capture_output=True,
        check=True,
    )  # fmt: skip
    assert "no answer from redis://:***@host" in process.stderr
    assert "ValueError: invalid literal for int() with base 10: '***'" in process.stderr
    assert "s3cret" not in process.stderr
