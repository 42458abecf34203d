"""Addresses are told from paths, and show nothing that may be secret."""

from pathlib import Path

import pytest

from storage.errors import InputError
from storage.objects.address import Address, placed, read_place


def address(text: str) -> Address:
    place = read_place(text)
    assert isinstance(place, Address)
    return place


@pytest.mark.parametrize(
    "text", ["talk.wav", "/a/b.wav", "s3:/bucket/a", "take:one.wav", "C:\\a.wav", "ftp://h/a", "."]
)
def test_what_is_not_written_like_a_known_address_is_a_path(text: str) -> None:
    assert read_place(text) == Path(text)


@pytest.mark.parametrize(
    "text", ["s3://bucket/", "s3://bucket/a//b.wav", "s3://bucket/ä #?.wav", "https://host:8080/a/b.wav"]
)
def test_an_address_is_kept_as_it_is_written(text: str) -> None:
    assert str(address(text)) == text


def test_a_web_address_hides_user_and_query(tmp_path: Path) -> None:
    place = address("HTTPS://anna:s3cret@host/get/talk%20one.wav?token=s3cret#part")
    assert str(place) == "https://host/get/talk%20one.wav"
    assert "s3cret" not in repr(place)
    assert place.url == "https://anna:s3cret@host/get/talk%20one.wav?token=s3cret"
    assert place != address("https://host/get/talk%20one.wav?token=other")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("s3://bucket/in/talk.wav", "talk.wav"),
        ("s3://bucket/in/a%20b.wav", "a%20b.wav"),
        ("https://host/a%20b.wav?x=/c.wav", "a b.wav"),
        ("https://host/..%2F..%2Fetc%2Fpasswd", "_.._etc_passwd"),
        ("https://host/%1b%00.wav", "__.wav"),
        ("https://host/.hidden", "hidden"),
        ("https://host/", "host"),
        ("https://host/ä b.wav", "ä b.wav"),
    ],
)
def test_its_name_is_one_that_a_file_may_have(text: str, name: str) -> None:
    assert address(text).name == name


def test_places_below_and_above_are_found_by_slashes() -> None:
    talk = address("s3://bucket/in/talk.wav")
    assert str(talk.parent) == "s3://bucket/in/"
    assert str(talk.parent.parent) == "s3://bucket/"
    assert str(talk.parent / Path("a/b.wav")) == str(address("s3://bucket/in") / "a/b.wav") == "s3://bucket/in/a/b.wav"
    assert (talk.stem, talk.suffix, str(talk.with_suffix(""))) == ("talk", ".wav", "s3://bucket/in/talk")
    assert [address(text).is_folder for text in ("s3://bucket", "s3://bucket/in/", "s3://bucket/in")] == [
        True,
        True,
        False,
    ]


def test_a_path_that_was_made_of_an_address_is_that_address() -> None:
    assert placed(Path("s3://bucket/in/a.wav")) == address("s3://bucket/in/a.wav")
    assert placed(Path("in/s3:/a.wav")) == Path("in/s3:/a.wav")


@pytest.mark.parametrize("text", ["s3://", "s3:///key", "https://", "https://user:s3cret@/a?s3cret"])
def test_an_address_without_a_bucket_or_server_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write it in full") as refused:
        read_place(text)
    assert "s3cret" not in str(refused.value)
