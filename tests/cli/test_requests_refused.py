"""A request that cannot be met is refused in one sentence, before anything is done."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.cli.main import main
from dispatcher.wishes.commissions import format_for
from dispatcher.wishes.sources import find_sources

Refusal = Callable[..., str]


@pytest.fixture
def refusal(
    tmp_path: Path, session_sqlite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusal:
    """Runs a command in this process and returns the sentence it ended with; it may not wait for another process."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    shutil.copy(session_sqlite, state / "records.sqlite3")
    monkeypatch.setenv("VOICEFARM_STATE", str(state))

    def refused(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["voicefarm", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            main()
        said = capsys.readouterr()
        assert ending.value.code == 1, said
        assert said.out == ""
        assert said.err.startswith("voicefarm: ")
        assert said.err.count("\n") == 1
        assert not (state / "objects").exists()
        assert not (state / "logs").exists()
        return said.err

    return refused


@pytest.mark.parametrize("name", ["convert", "submit"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--voice brigth", ["no voice 'brigth'", "did you mean bright?"]),
        ("--voice through --require studio-z", ["no worker has ever offered 'studio-z'", "VOICEFARM_TAGS"]),
        ("--voice bright --pitch 99", ["pitch is 99", "between -24 and 24"]),
        ("--voice bright --formant-shift 99", ["formant_shift is 99", "between -12 and 12"]),
        ("--voice bright --formant 9", ["formant is 9", "between 0.5 and 2"]),
        ("--voice bright --formant-shift 1 --set formant_ratio=1.1", ["formant_shift is given twice"]),
        ("--voice bright --pitch nan", ["pitch must be a number"]),
        ("--voice bright --seed -1", ["seed must be a whole number"]),
        ("--voice through --breath 0.5", ["no breath", "leave it out"]),
        (
            "--voice bright --index-rate 0.5",
            ["no field 'index_rate'", "the fields are breath, formant_shift, pitch, seed"],
        ),
        ("--voice bright --set index_rate=0.5", ["no field 'index_rate'"]),
        ("--voice bright --set pitch=low", ["pitch must be a number, not 'low'"]),
        ("--voice bright --pitch 1 --set pitch=2", ["pitch is given twice", "leave one out"]),
        ("--voice bright --speaker 1", ["no field 'speaker'"]),
        ("--voice bright --set formnt_shift=1", ["did you mean formant_shift?"]),
        ("--voice through --format flak", ["did you mean flac?"]),
        ("--voice through --format nonsense", ["nonsense", "wav, flac, mp3"]),
        ("--voice through --channels both", ["'both' is no choice of channels", "mix, left, right, each"]),
        ("--voice through --rate 500", ["500 Hz", "8000 to 192000"]),
        ("--voice through --rate 22050 --format opus", ["opus files cannot have 22050 Hz", "--rate 24000"]),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(
    refusal: Refusal, talk: Path, name: str, options: str, words: list[str]
) -> None:
    said = refusal(name, talk, *options.split())
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    "url", ["ftp://studio/told", "https://:80", "hooks.studio/told", "http://[::1", "s3://told/s3cret"]
)
def test_an_address_that_nothing_can_be_posted_to_is_refused(refusal: Refusal, talk: Path, url: str) -> None:
    said = refusal("submit", talk, "--voice", "through", "--notify", url)
    assert "no address of a web server; write https://host/path" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("name", ["convert", "submit"])
def test_a_folder_without_recordings_is_refused(refusal: Refusal, tmp_path: Path, name: str) -> None:
    assert "hold no recordings" in refusal(name, tmp_path, "--voice", "through")


@pytest.mark.parametrize("out", ["file.txt/out.wav", "file.txt/deep/er/", "file.txt/out.flac"])
def test_results_cannot_go_below_a_file(refusal: Refusal, talk: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "file.txt").write_text("mine")
    said = refusal("convert", talk, "--voice", "through", "-o", f"{tmp_path}/{out}")
    assert "file.txt is not a folder; choose another place with -o" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("show 999", "there is no job 999; `voicefarm jobs` lists those there are"),
        ("report 999", "there is no job 999"),
        ("cancel 999", "there is no job 999"),
        ("retry 999", "there is no job 999"),
        ("fetch 999 -o out.wav", "there is no job 999"),
        ("voice show nobody", "there is no voice 'nobody'"),
        ("voice remove bright", "'bright' is built in and cannot be removed"),
        ("voice add bright", "there is a voice 'bright' already"),
        ("voice add Bright", "small letters"),
    ],
)
def test_what_is_missing_or_not_ours_to_change_is_refused(refusal: Refusal, arguments: str, words: str) -> None:
    assert words in refusal(*arguments.split())


@pytest.mark.parametrize(
    "out", ["ftp://host/out", "gs://bucket/out.wav", "sftp://", "https://host/a.mp4", "file:///a.xyz"]
)
def test_results_go_to_no_addresses_but_buckets(
    refusal: Refusal, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for said in (refusal("convert", talk, "--voice", "through", "-o", out), refusal("fetch", 1, "-o", out)):
        assert f"{out} is an address" in said
        assert "choose another place with -o" in said
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("name", ["convert", "submit"])
@pytest.mark.parametrize("source", ["ftp://host/talk.wav", "gs://bucket/talk.wav", "file:///talk.wav"])
def test_addresses_of_other_kinds_are_refused(refusal: Refusal, name: str, source: str) -> None:
    said = refusal(name, source, "--voice", "through")
    assert f"{source} is an address of a kind that is not known; those that are begin with s3://, http" in said
    assert "No such file" not in said


@pytest.mark.parametrize("name", ["convert", "submit"])
def test_an_address_without_a_bucket_is_refused(refusal: Refusal, name: str) -> None:
    assert "s3:// names no bucket; write it in full" in refusal(name, "s3://", "--voice", "through")


def test_a_bucket_that_no_keys_open_takes_no_results(refusal: Refusal, talk: Path) -> None:
    said = refusal("convert", talk, "--voice", "through", "-o", "s3://bucket/out/")
    assert "s3://bucket/out/talk.wav cannot be written, because there are no keys for s3://bucket/out/" in said
    assert "choose another place with -o" in said


def test_a_file_named_like_an_address_is_still_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "take:").mkdir()
    (tmp_path / "take:" / "one.wav").touch()
    monkeypatch.chdir(tmp_path)
    assert [source.error for source in find_sources([Path("take:/one.wav"), Path("take:")]).sources] == [None, None]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--format flac --depth float", "flac files hold no float samples; choose --depth 16 or 24"),
        ("--format mp3 --depth 16", "has no depth of its own; leave --depth out"),
        ("-o clip.mp4 --depth 24", "has no depth of its own; leave --depth out"),
        (
            "--mix-back",
            "with --channels left, right or its number, or leave the other channels out with --stem",
        ),
        ("--mix-back --channels each", "there is none left that could be mixed back; convert one channel with"),
        ("--keep-original", "leave --keep-original out, or choose --format mp4 or mov or mkv or webm"),
    ],
)
def test_a_format_is_not_asked_for_what_it_cannot_hold(refusal: Refusal, talk: Path, options: str, said: str) -> None:
    assert said in refusal("convert", talk, "--voice", "through", *options.split())


def test_a_film_may_be_named_as_a_recording_and_as_a_result(tmp_path: Path) -> None:
    assert format_for(None, tmp_path) == "wav"
    assert format_for(None, Path("clip.mp4")) == format_for("MP4", None) == "mp4"
    assert find_sources([Path("clip.mp4")]).sources[0].error is None


def test_a_misspelt_setting_in_the_file_is_refused(
    refusal: Refusal, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "voicefarm.toml").write_text('broker_ulr = "redis://:s3cret@host"')
    monkeypatch.setenv("VOICEFARM_CONFIG", str(tmp_path / "voicefarm.toml"))
    said = refusal("convert", talk, "--voice", "through")
    assert "unknown setting 'broker_ulr'" in said
    assert "s3cret" not in said


def test_an_unforeseen_error_is_a_sentence_too_and_keeps_secrets(
    refusal: Refusal, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("s3cret")

    monkeypatch.setattr("dispatcher.client.farm.plan_targets", fail)
    said = refusal("convert", talk, "--voice", "through")
    assert "something unforeseen went wrong (ValueError)" in said
    assert "--debug" in said
    assert "s3cret" not in said
