"""A web server's file is looked into part by part, and never taken for another or a shorter one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from storage.errors import InputError
from storage.objects.address import Address, read_place
from storage.objects.web_parts import GLIMPSE, open_parts
from tests.storage.crooked_s3 import Answer, Asked, serving
from tests.storage.parting import Parting

CONTENT = bytes(range(251)) * 10_000


def later(asked: Asked) -> bool:
    """Whether this is not the first request for the file."""
    return "If-Range" in asked.headers


def another(asked: Asked, given: Answer) -> Answer:
    return replace(given, status=200) if later(asked) else given


def grown(asked: Asked, given: Answer) -> Answer:
    longer = {**given.headers, "Content-Range": given.headers["Content-Range"] + "0"}
    return replace(given, headers=longer) if later(asked) else given


def cut_short(asked: Asked, given: Answer) -> Answer:
    return replace(given, body=b"") if later(asked) else given


def gone(asked: Asked, given: Answer) -> Answer:
    return Answer(404) if later(asked) else given


def at(endpoint: str) -> Address:
    address = read_place(f"{endpoint}/a.wav")
    assert isinstance(address, Address)
    return address


def test_beginning_and_end_are_had_by_two_requests() -> None:
    server = Parting(CONTENT)
    with serving(server) as endpoint:
        found = open_parts(at(endpoint))
        assert found is not None
        file, size = found
        with file:
            assert size == len(CONTENT)
            assert file.read(100) == CONTENT[:100]
            file.seek(-100, 2)
            assert file.read() == CONTENT[-100:]
    assert server.requests == 2
    assert server.sent <= 2 * GLIMPSE


@pytest.mark.parametrize(
    ("bend", "why"),
    [
        (another, "it changed, or its server sends other parts than it was asked for"),
        (grown, "it changed, or its server sends other parts than it was asked for"),
        (cut_short, r"it sends 0 bytes from byte 2359296 on instead of 150704"),
        (gone, "there is no .*/a.wav"),
    ],
)
def test_a_file_that_changes_or_breaks_off_is_refused(bend: Callable[[Asked, Answer], Answer], why: str) -> None:
    with serving(Parting(CONTENT, bend)) as endpoint:
        found = open_parts(at(endpoint))
        assert found is not None
        found[0].seek(-100, 2)
        with pytest.raises(InputError, match=why):
            found[0].read()


@pytest.mark.parametrize(
    "bend",
    [
        lambda _, given: Answer(200, {}, given.body),
        lambda _, given: replace(given, headers={}),
        lambda _, given: replace(given, headers={"Content-Range": "bytes 7-9/10"}),
        lambda _, __: Answer(416),
        lambda _, __: Answer(503),
    ],
)
def test_what_is_not_sent_in_parts_must_be_fetched_whole(bend: Callable[[Asked, Answer], Answer]) -> None:
    with serving(Parting(CONTENT, bend)) as endpoint:
        assert open_parts(at(endpoint)) is None


def test_what_is_not_there_is_refused_at_once() -> None:
    with (
        serving(Parting(CONTENT, lambda _, __: Answer(404))) as endpoint,
        pytest.raises(InputError, match=r"there is no .*/a.wav \(404"),
    ):
        open_parts(at(endpoint))
