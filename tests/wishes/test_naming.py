"""What results are called follows a template, which never leads out of the folder of results."""

from pathlib import Path

import pytest

from dispatcher.wishes.naming import Naming
from dispatcher.wishes.targets import Placing, plan_targets
from storage.errors import InputError
from storage.objects.address import read_place
from tests.wishes.asking import commission, planned

SOURCE, FOLDER = Path("in/day1/talk.one.mp3"), Path("day1")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{folder}/{stem}.{ext}", "day1/talk.one.wav"),
        ("{voice}/{folder}/{name}.{ext}", "deep/day1/talk.one.mp3.wav"),
        ("{number:04}-{stem}", "0007-talk.one.wav"),
        ("take {{1}}", "take {1}.wav"),
        ("master.wav", "master.wav"),
    ],
)
def test_a_template_is_filled_in(template: str, expected: str) -> None:
    assert Naming.of(template).fill(SOURCE, FOLDER, "deep", "wav", 7) == Path(expected)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{stam}", "asks for {stam}, which there is not; what can be filled in is {folder}"),
        ("../{stem}", "leads out of the folder"),
        ("/tmp/{stem}", "leads out of the folder"),
        ("{stem", "cannot be filled in"),
        ("{stem.__class__}", "which there is not"),
        ("{stem!r}", "holds a '!'"),
        ("{stem:04}{", "cannot be filled in"),
        ("{stem:x}", "cannot be filled in"),
        ("{}", "which there is not"),
    ],
)
def test_a_template_that_cannot_be_is_refused_before_anything_is_done(template: str, words: str) -> None:
    with pytest.raises(InputError, match=r".") as refused:
        Naming.of(template)
    assert words in str(refused.value)


def test_a_voice_cannot_lead_out_of_the_folder_either() -> None:
    with pytest.raises(InputError, match="leads out"):
        Naming.of("{voice}/{stem}").fill(SOURCE, FOLDER, "..", "wav", 1)


def test_recordings_that_differ_only_in_their_endings_get_a_name_each(tmp_path: Path) -> None:
    for name in ("a.mp3", "a.wav", "b.flac", "b.ogg"):
        (tmp_path / name).write_bytes(b"x")
    targets = planned([tmp_path], tmp_path / "out")
    names = {t.source.name: t.result.name for t in targets}
    # The plain name is that of the one which already is what the result will be, else of the first.
    assert names == {"a.mp3": "a.mp3.wav", "a.wav": "a.wav", "b.flac": "b.wav", "b.ogg": "b.ogg.wav"}
    assert [t.error for t in targets] == [None] * 4


def test_several_voices_get_a_name_each(tmp_path: Path) -> None:
    targets = plan_targets(
        [commission(tmp_path / "a.wav", voice) for voice in ("deep", "bright")], Placing(tmp_path / "out")
    )
    assert [t.result.name for t in targets] == ["a.deep.wav", "a.bright.wav"]


def test_one_file_is_no_place_for_two_results(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"one\.wav is one file, and there are 2 recordings; name a folder"):
        plan_targets([commission(tmp_path / name) for name in ("a.wav", "b.wav")], Placing(tmp_path / "one.wav"))


@pytest.mark.parametrize("source", ["https://host/a/talk.wav", "s3://bucket/in/day2/talk.wav"])
def test_without_a_place_results_of_addresses_keep_their_folders_below_the_working_one(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (target,) = plan_targets([commission(read_place(source), folder=Path("day2"))], Placing())
    assert (target.result, target.error) == (Path("day2/talk.deep.wav"), None)
