"""A manifest is checked whole before anything starts, and every mistake is named by line and column."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.client.farm import Farm
from dispatcher.jobs.request import Request
from dispatcher.wishes.wish import Wish
from storage.errors import InputError, ManifestRefused
from storage.settings import Settings

HEADER = "source,voice,output,pitch,priority,rate,format,require,allow_truncated,meta.actor"
#: A line of each kind of mistake, with the column that is to blame and words of the sentence.
MISTAKES = [
    ("missing.wav,deep,,,,,,,,", 1, "there is no "),
    (",deep,,,,,,,,", 1, "there is no source in this line"),
    (".,deep,,,,,,,,", 1, "is a folder"),
    ("empty.wav,deep,,,,,,,,", 1, "is empty"),
    ("a.wav,brigth,,,,,,,,", 2, "there is no voice 'brigth'"),
    ("a.wav,deep,../x.wav,,,,,,,", 3, "leads out of the folder"),
    ("a.wav,deep,/x.wav,,,,,,,", 3, "leads out of the folder"),
    ("a.wav,deep,x.xyz,,,,,,,", 3, "names no format that can be written"),
    ("a.wav,deep,x.flac,,,,mp3,,,", 3, "ends like flac, but the format is to be mp3"),
    ("a.wav,deep,,99,,,,,,", 4, "pitch"),
    ("a.wav,deep,,high,,,,,,", 4, "pitch"),
    ("a.wav,deep,,,soon,,,,,", 5, "'soon' is no priority"),
    ("a.wav,deep,,,77,,,,,", 5, "'77' is no priority"),
    ("a.wav,deep,,,,fast,,,,", 6, "no sample rate"),
    ("a.wav,deep,,,,4000,,,,", 6, "4000 Hz cannot be a result's rate"),
    ("a.wav,deep,,,,,xyz,,,", 7, "names no format"),
    ("a.wav,deep,,,,,,moon,,", 8, "no worker has ever offered 'moon'"),
    ("a.wav,deep,,,,,,,maybe,", 9, "must be yes or no"),
    ("a.wav,deep,,,,,,,", 10, "there are 9 cells in this line and 10 columns"),
    ("a.wav,deep,,,,,,,,,", 11, "there are 11 cells"),
    ("a.wav,through,,3,,,,,,", 4, "pitch"),
]


@pytest.fixture
def farm(build_settings: Callable[..., Settings]) -> Farm:
    return Farm(build_settings())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"sound")
    (tmp_path / "empty.wav").touch()
    return tmp_path


def written(folder: Path, text: str, name: str = "lines.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(farm: Farm, path: Path, voice: str = "") -> list[tuple[int, int, str]]:
    with pytest.raises(ManifestRefused) as refused:
        farm.read_manifest(path, Request(voice))
    return list(refused.value.mistakes)


def test_every_mistake_among_five_hundred_lines_is_named_by_line_and_column(farm: Farm, folder: Path) -> None:
    lines = [f"a.wav,deep,{n}.wav,,,,,,," for n in range(499)]
    for number, (line, _, _) in enumerate(MISTAKES):
        lines[number * 20 + 3] = line
    found = mistakes(farm, written(folder, "\n".join([HEADER, *lines])))
    assert [(line, column) for line, column, _ in found] == [
        (number * 20 + 5, column) for number, (_, column, _) in enumerate(MISTAKES)
    ]
    for (_, _, sentence), (_, _, words) in zip(found, MISTAKES, strict=True):
        assert words in sentence
    assert farm.jobs() == []


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("source,voice,pich\na.wav,deep,3\n", (1, 3), "there is no column 'pich'; did you mean pitch"),
        ("source,voice,voice\na.wav,deep,deep\n", (1, 3), "two columns for voice"),
        ('source,voice\n"a.wav,deep\n', (2, 0), "check its quotes"),
        ("source\na.wav\n", (2, 0), "there is no voice in this line"),
        ("", (0, 0), "there is nothing in it"),
        ("source,voice,output\na.wav,deep,x.wav\nb.wav,deep,X.wav\n", (3, 3), "would both become"),
    ],
)
def test_mistakes_of_form_are_named_too(
    farm: Farm, folder: Path, text: str, place: tuple[int, int], words: str
) -> None:
    (found,) = mistakes(farm, written(folder, text))
    assert found[:2] == place
    assert words in found[2]


def test_a_manifest_that_is_not_utf8_is_refused_where_that_begins(farm: Farm, folder: Path) -> None:
    path = folder / "lines.csv"
    path.write_bytes("source,voice\na.wav,deep\nÖde.wav,deep\n".encode("latin-1"))
    (found,) = mistakes(farm, path)
    assert found[:2] == (3, 1)
    assert "not UTF-8" in found[2]


def test_json_lines_are_read_with_their_own_types(farm: Farm, folder: Path) -> None:
    lines = [
        {"source": "a.wav", "voice": "deep", "pitch": 3, "meta": {"actor": "Ann", "take": 2}, "priority": "low"},
        {"source": "b.wav", "require": ["cpu"], "output": "two", "format": "flac"},
    ]
    path = written(folder, "\n\n".join(map(json.dumps, lines)), "lines.jsonl")
    first, second = farm.read_manifest(path, Request("bright"))
    assert first == Wish(
        folder / "a.wav", Request("deep", {"pitch": 3}, priority=8), carried={"actor": "Ann", "take": 2}
    )
    assert second == Wish(folder / "b.wav", Request("bright", require=frozenset({"cpu"}), format="flac"), name="two")


def test_a_line_says_whether_other_channels_are_mixed_back(farm: Farm, folder: Path) -> None:
    lines = "source,channels,mix-back,output\na.wav,left,yes,one\nb.wav,2,no,two\na.wav,2,,three\n"
    wishes = farm.read_manifest(written(folder, lines), Request("through", mix_back=True))
    assert [(w.request.channels, w.request.mix_back) for w in wishes] == [("1", True), ("2", False), ("2", True)]
    found = mistakes(farm, written(folder, "source,mix_back,channels\na.wav,yes,each\nb.wav,often,1\n"), "through")
    assert [place[:2] for place in found] == [(2, 2), (3, 2)]
    assert "none left that could be mixed back" in found[0][2]
    assert "must be yes or no" in found[1][2]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "this is not JSON"),
        ("[]", "a line must be an object"),
        ('{"source": "a.wav", "voice": 3}', "3 must be text"),
        ('{"source": "a.wav", "pitch": [1]}', "[1] must be a number or a word"),
        ('{"source": "a.wav", "meta": 1}', "meta must be an object"),
        ('{"source": "a.wav", "colour": 1}', "there is no column 'colour'"),
        ('{"source": "a.wav", "rate": true}', "no sample rate"),
    ],
)
def test_json_lines_with_mistakes_are_refused(farm: Farm, folder: Path, line: str, words: str) -> None:
    found = mistakes(farm, written(folder, '{"source": "b.wav"}\n' + line, "lines.jsonl"), "deep")
    assert found[0][0] == 2
    assert words in found[0][2]


def test_what_spreadsheets_write_is_read(farm: Farm, folder: Path) -> None:
    """A byte order mark, semicolons, CRLF, quoted cells over two lines, empty lines, names in their own spelling."""
    text = '\ufeffFile;Voice;Pitch;Meta.Note\r\na.wav;deep;3;"one\r\ntwo; three"\r\n\r\n;;;\r\nb.wav;bright;;\r\n'
    path = folder / "lines.csv"
    path.write_bytes(text.encode())
    first, second = farm.read_manifest(path, Request(""))
    assert (first.request.settings, first.carried) == ({"pitch": 3}, {"Note": "one\r\ntwo; three"})
    assert (second.source, second.request.voice) == (folder / "b.wav", "bright")
    tabbed = written(folder, "source\tvoice\na.wav\tdeep\n", "lines.tsv")
    assert [wish.request.voice for wish in farm.read_manifest(tabbed, Request(""))] == ["deep"]


def test_a_manifest_of_another_kind_is_refused(farm: Farm, folder: Path) -> None:
    with pytest.raises(InputError, match=r"is no manifest that can be read; its name must end in one of \.csv"):
        farm.read_manifest(written(folder, "", "lines.xlsx"), Request("deep"))
    with pytest.raises(InputError, match="cannot be read"):
        farm.read_manifest(folder / "missing.csv", Request("deep"))
