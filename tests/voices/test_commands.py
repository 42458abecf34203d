"""`voicefarm voice` and `voicefarm model` with files, from the command to the object store."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from dispatcher.cli.main import main
from storage.objects.folder import FolderStore
from testing.sounds import tone
from tests.voices.file_server import serving
from tests.voices.files import ENCODER_SIZES, PITCH_SIZES, encoder_file, index_file, pitch_file, voice_file
from workers.engines.rvc import public_files
from workers.engines.rvc.files.door import RVC_FILES
from workers.engines.voice_files import PublicModel

pytestmark = pytest.mark.usefixtures("rvc")


class Commands:
    """Commands on a separate farm, run in this process so that they use these tests' engine."""

    def __init__(self, state: Path, call: Callable[..., tuple[int, str, str]]) -> None:
        self.store = FolderStore(state / "objects")
        self.state = state
        self.call = call

    def done(self, *arguments: object) -> str:
        """Run a command that must succeed, and return what it prints."""
        status, out, err = self.call(*arguments)
        assert (status, err) == (0, ""), (out, err)
        return out

    def told(self, *arguments: object) -> Any:
        """Run a command that must succeed, and return what it prints for programs."""
        return json.loads(self.done(*arguments, "--json"))

    def refused(self, *arguments: object) -> str:
        """Run a command that must fail, and return its sentence."""
        status, out, err = self.call(*arguments)
        assert (status, out) == (1, ""), (out, err)
        assert err.count("\n") == 1, err
        return err

    def packages(self) -> set[str]:
        return {stored.key.split("/")[1] for stored in self.store.list("packages/")}

    def left_over(self) -> list[Path]:
        return [*(self.state / "scratch").iterdir()] if (self.state / "scratch").exists() else []


@pytest.fixture
def farm(
    tmp_path: Path, session_sqlite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    shutil.copy(session_sqlite, state / "records.sqlite3")
    monkeypatch.setenv("VOICEFARM_STATE", str(state))
    monkeypatch.setenv("VOICEFARM_SCRATCH", str(state / "scratch"))
    # The usual nets are large, so small ones in files of the same layout stand in for them.
    monkeypatch.setattr("workers.engines.rvc.files.model_file.EncoderSizes", lambda: ENCODER_SIZES)
    monkeypatch.setattr("workers.engines.rvc.files.model_file.PitchSizes", lambda: PITCH_SIZES)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["voicefarm", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as ending:
            status = int(ending.code or 0)
        return status, *capsys.readouterr()

    return Commands(state, call)


def test_a_voice_is_added_from_its_file_and_shows_what_it_is(farm: Commands, tmp_path: Path) -> None:
    file, index = voice_file(tmp_path / "anna.pth"), index_file(tmp_path / "anna.npy")
    added = farm.done(
        "voice", "add", "anna", file, "--index", index, "--default", "pitch=-12", "--default", "protect=0.5"
    )
    assert added == "voice 'anna' is added\n"
    (voice,) = [v for v in farm.told("voice", "list") if v["name"] == "anna"]
    assert voice["rate"] == 8000
    assert farm.told("voice", "show", "anna") == voice
    assert {k: v for k, v in voice["recipe"].items() if k != "package"} == {
        "rate": 8000, "has_pitch": True, "content": 256, "embedder": "contentvec", "speakers": 2, "speaker_names": {},
        "vectors": 5, "defaults": {"pitch": -12, "protect": 0.5},
    }  # fmt: skip
    assert farm.packages() == {voice["recipe"]["package"]}
    shown = farm.done("voice", "show", "anna")
    for words in ("rvc v1", "8000 Hz", "5 vectors", "pitch=-12 protect=0.5"):
        assert words in shown
    (row,) = [line for line in farm.done("voice", "list").splitlines() if line.startswith("anna")]
    assert "rvc v1" in row
    assert "index 5 vectors" in row
    assert farm.left_over() == []


def test_the_same_file_under_two_names_is_one_package(farm: Commands, tmp_path: Path) -> None:
    file = voice_file(tmp_path / "anna.pth")
    farm.done("voice", "add", "anna", file)
    farm.done("voice", "add", "anna-low", file, "--default", "pitch=-12")
    farm.done("voice", "add", "anna-lower", "--like", "anna-low", "--default", "pitch=-24")
    assert "has no numbers to change" in farm.refused("voice", "add", "anna-x", "--like", "anna", "--set", "rate=1")
    assert len(farm.packages()) == 1
    assert farm.told("voice", "show", "anna-lower")["recipe"]["defaults"] == {"pitch": -24}
    for name in ("anna", "anna-low"):
        farm.done("voice", "remove", name)
        assert len(farm.packages()) == 1
    farm.done("voice", "remove", "anna-lower")
    assert farm.packages() == set()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--default transpose=99", "pitch is 99, but must be between"),
        ("--default breath=1", "there is no field 'breath'"),
        ("--default speaker=2", "no speaker 2; its speakers are 0 to 1"),
        ("--index NOWHERE", "NOWHERE"),
    ],
)
def test_a_voice_that_is_refused_leaves_nothing_behind(
    farm: Commands, tmp_path: Path, options: str, words: str
) -> None:
    assert words in farm.refused("voice", "add", "anna", voice_file(tmp_path / "anna.pth"), *options.split())
    assert farm.packages() == set()
    assert farm.left_over() == []
    assert "anna" not in farm.done("voice", "list")


def test_a_name_is_checked_before_the_file(farm: Commands, tmp_path: Path) -> None:
    assert "there is a voice 'bright' already" in farm.refused("voice", "add", "bright", tmp_path / "none.pth")
    assert "none.pth" in farm.refused("voice", "add", "anna", tmp_path / "none.pth")


def test_a_model_cannot_be_added_as_a_voice_nor_a_voice_as_a_model(farm: Commands, tmp_path: Path) -> None:
    farm.refused("voice", "add", "anna", pitch_file(tmp_path / "rmvpe.pt"))
    farm.refused("model", "add", voice_file(tmp_path / "anna.pth"))
    assert farm.packages() == set()


def test_models_are_added_by_the_names_of_their_files(farm: Commands, tmp_path: Path) -> None:
    assert farm.done("model", "add", encoder_file(tmp_path / "hubert_base.pt")) == (
        "model 'contentvec' (content encoder) is added\n"
    )
    assert farm.done("model", "add", pitch_file(tmp_path / "rmvpe.pt")) == "model 'rmvpe' (pitch model) is added\n"
    assert farm.done("model", "add", tmp_path / "rmvpe.pt") == "model 'rmvpe' (pitch model) is there already\n"
    models = farm.told("model", "list")
    assert [(m["name"], m["kind"]) for m in models] == [("contentvec", "encoder"), ("rmvpe", "pitch")]
    assert farm.packages() == {m["package"] for m in models}
    listed = farm.done("model", "list").splitlines()
    assert [line.split()[0] for line in listed] == ["model", "contentvec", "rmvpe"]
    farm.done("model", "remove", "hubert_base")
    assert [m["name"] for m in farm.told("model", "list")] == ["rmvpe"]
    assert farm.packages() == {models[1]["package"]}


def test_a_job_can_ask_for_what_its_voice_knows(farm: Commands, tmp_path: Path, talk: Path) -> None:
    farm.done("model", "add", encoder_file(tmp_path / "hubert_base.pt"))
    farm.done("model", "add", pitch_file(tmp_path / "rmvpe.pt"))
    farm.done("voice", "add", "anna", voice_file(tmp_path / "anna.pth"), "--default", "protect=0.1")
    options = ("--pitch", "12", "--index-rate", "0.5", "--speaker", "1", "--set", "pitch_low=60", "--seed", "7")
    status, out, _ = farm.call("submit", talk, "--voice", "anna", *options)
    assert (status, out) == (0, "1\n")
    settings = farm.told("show", "1")["settings"]
    asked = {"pitch": 12.0, "index_rate": 0.5, "speaker": 1, "pitch_low": 60.0, "seed": 7, "protect": 0.1}
    assert {name: settings[name] for name in asked} == asked
    assert "the voice 'anna' is needed by job 1" in farm.refused("voice", "remove", "anna")
    assert "the model 'rmvpe' is needed by job 1" in farm.refused("model", "remove", "rmvpe")
    farm.done("cancel", "1")
    farm.done("voice", "remove", "anna")


def test_a_recording_is_refused_if_a_model_is_missing(farm: Commands, tmp_path: Path, talk: Path) -> None:
    farm.done("voice", "add", "anna", voice_file(tmp_path / "anna.pth"))
    said = farm.refused("submit", talk, "--voice", "anna")
    assert "run `voicefarm model pull contentvec`, or run `voicefarm model add FILE --name contentvec`" in said
    assert not list(farm.store.list("sources/"))


def test_a_farm_without_models_says_how_to_get_them(farm: Commands) -> None:
    assert "`voicefarm model pull`" in farm.done("model", "list")


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A one-second recording."""
    soundfile.write(tmp_path / "talk.wav", tone(16_000, 16_000), 16_000)
    return tmp_path / "talk.wav"


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A public pitch model, and the server that it is on."""
    import hashlib

    data = pitch_file(tmp_path / "public.pt").read_bytes()
    model = PublicModel("rmvpe", "a/rmvpe.pt", hashlib.sha256(data).hexdigest(), len(data), "pitch model")
    monkeypatch.setattr(RVC_FILES, "public_models", {"rmvpe": model})
    with serving(data) as server:
        yield server


def test_a_model_is_pulled_once(farm: Commands, public: Any) -> None:
    assert farm.done("model", "pull", "--from", public.host) == "model 'rmvpe' (pitch model) is added\n"
    assert farm.done("model", "pull", "rmvpe", "--from", public.host) == "model 'rmvpe' is there already\n"
    assert len(public.asked) == 1
    assert [m["name"] for m in farm.told("model", "list")] == ["rmvpe"]
    assert list((farm.state / "downloads").iterdir()) == []


def test_an_interrupted_pull_leaves_no_model_and_can_be_resumed(farm: Commands, public: Any) -> None:
    public.breaks_after = [1000, 0]
    assert "another attempt continues from there" in farm.refused("model", "pull", "--from", public.host)
    assert farm.told("model", "list") == []
    farm.done("model", "pull", "--from", public.host)
    assert public.asked[-1] == "bytes=1000-"


def test_only_known_files_are_pulled(farm: Commands, public: Any) -> None:
    assert "'spin' is not among the files that can be pulled, which are rmvpe" in farm.refused("model", "pull", "spin")
    assert public.asked == []


def test_both_usual_models_can_be_pulled() -> None:
    assert list(public_files.PUBLIC_MODELS) == ["contentvec", "rmvpe"]
