"""Files of web servers are fetched whole, however the servers and connections behave, or refused in one sentence."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storage.errors import InputError
from storage.objects.address import Address, read_place
from storage.objects.web import PAUSES, download, look
from testing.services.server import free_port
from tests.storage.crooked_s3 import Answer, Asked, serving

CONTENT = bytes(range(256)) * 40


@dataclass
class Web:
    """One file, and how it is served."""

    content: bytes = CONTENT
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"', "Accept-Ranges": "bytes"})
    breaks_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers breaks off."""
    knows_ranges: bool = True
    statuses: list[int] = field(default_factory=list)
    """What the next answers are instead."""
    asked: list[Asked] = field(default_factory=list)
    begin: Callable[[], None] = lambda: None
    """Called before every answer."""
    endpoint: str = ""

    def answer(self, asked: Asked) -> Answer:
        self.begin()
        self.asked.append(asked)
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return Answer(status)
        headers, status, start = dict(self.headers), 200, 0
        span = asked.headers.get("Range")
        if span and self.knows_ranges and asked.headers.get("If-Range") == headers.get("ETag"):
            start = int(span.removeprefix("bytes=").rstrip("-"))
            status, headers["Content-Range"] = 206, f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        body = self.content[start:]
        headers["Content-Length"] = str(len(body))
        return Answer(status, headers, body[: self.breaks_after.pop(0)] if self.breaks_after else body)

    def spans(self) -> list[str]:
        return [asked.headers.get("Range", "") for asked in self.asked]

    def address(self, path: str = "/talk.wav") -> Address:
        return address(self.endpoint + path)


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    with serving(web.answer) as web.endpoint:
        yield web


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[[Address], bytes]:
    """Fetches a file without waiting between attempts."""

    def fetched(place: Address) -> bytes:
        with (tmp_path / "file").open("w+b") as file:
            download(place, file, lambda _: None)
        return (tmp_path / "file").read_bytes()

    return fetched


Fetch = Callable[[Address], bytes]


def address(text: str) -> Address:
    place = read_place(text)
    assert isinstance(place, Address)
    return place


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(InputError, match=words) as error:
        yield
    assert "s3cret" not in str(error.value)


def test_a_broken_download_goes_on_where_it_broke(web: Web, fetch: Fetch) -> None:
    web.breaks_after = [1000, 2000]
    assert fetch(web.address()) == CONTENT
    assert web.spans() == ["", "bytes=1000-", "bytes=3000-"]


def test_without_ranges_it_begins_anew(web: Web, fetch: Fetch) -> None:
    web.knows_ranges, web.breaks_after = False, [1000, 2000]
    assert fetch(web.address()) == CONTENT


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}, {"ETag": '"one"', "Accept-Ranges": "none"}])
def test_parts_are_joined_only_if_the_server_can_say_that_they_are_of_one_file(
    web: Web, fetch: Fetch, headers: dict[str, str]
) -> None:
    web.headers, web.breaks_after = headers, [1000]
    assert fetch(web.address()) == CONTENT
    assert web.spans() == ["", ""]


def test_a_file_that_is_replaced_meanwhile_is_fetched_anew(web: Web, fetch: Fetch) -> None:
    web.breaks_after = [1000]

    def replace() -> None:
        if web.asked:
            web.content, web.headers = CONTENT[::-1], {"ETag": '"two"'}

    web.begin = replace
    assert fetch(web.address()) == CONTENT[::-1]


def test_another_part_than_was_asked_for_is_not_taken(web: Web, fetch: Fetch) -> None:
    bent: list[str] = []

    def answer(asked: Asked) -> Answer:
        given = web.answer(asked)
        if given.status == 206 and not bent:
            bent.append(given.headers["Content-Range"])
            given.headers["Content-Range"] = f"bytes 500-{len(CONTENT) - 1}/{len(CONTENT)}"
        return given

    web.breaks_after = [1000]
    with serving(answer) as endpoint:
        assert fetch(address(f"{endpoint}/talk.wav")) == CONTENT
    assert bent


def test_a_server_that_is_busy_is_asked_again(web: Web, fetch: Fetch) -> None:
    web.statuses = [503, 200, 429, 500]
    web.breaks_after = [100]
    assert fetch(web.address()) == CONTENT


def test_a_server_that_only_breaks_off_is_given_up(web: Web, fetch: Fetch) -> None:
    web.breaks_after = [0] * 50
    with refused("talk.wav cannot be fetched .it ended too early.; try again later"):
        fetch(web.address("/talk.wav?token=s3cret"))
    assert len(web.asked) == len(PAUSES) + 1


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "there is no http://.*/talk.wav"), (403, "the server refuses http://"), (400, "the server answers 400")],
)
def test_a_refusal_is_told_at_once_and_without_secrets(web: Web, fetch: Fetch, status: int, words: str) -> None:
    web.statuses = [status]
    host = web.endpoint.removeprefix("http://")
    with refused(words):
        fetch(address(f"http://anna:s3cret@{host}/talk.wav?token=s3cret"))
    assert len(web.asked) == 1


def test_nobody_there_is_one_sentence(fetch: Fetch) -> None:
    with refused(r"cannot be fetched \(Connection refused\)"):
        fetch(address(f"http://anna:s3cret@127.0.0.1:{free_port()}/talk.wav"))


def test_what_no_url_can_be_is_refused(fetch: Fetch) -> None:
    with refused("is no address that can be asked for"):
        fetch(address("http://127.0.0.1:port/a.wav?s3cret"))


def test_user_and_query_reach_the_server(web: Web, fetch: Fetch) -> None:
    host = web.endpoint.removeprefix("http://")
    fetch(address(f"http://anna:s3%40cret@{host}/a b.wav?token=1"))
    (asked,) = web.asked
    assert asked.path == "/a%20b.wav?token=1"
    assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == b"anna:s3@cret"


def test_redirects_are_followed_but_do_not_carry_the_password(web: Web, fetch: Fetch) -> None:
    def redirect(asked: Asked) -> Answer:
        return Answer(302, {"Location": f"{web.endpoint}/elsewhere.wav"})

    with serving(redirect) as endpoint:
        assert fetch(address(f"http://anna:s3cret@{endpoint.removeprefix('http://')}/talk.wav")) == CONTENT
    assert [asked.path for asked in web.asked] == ["/elsewhere.wav"]
    assert "Authorization" not in web.asked[0].headers


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://host/a", "s3://bucket/a"])
def test_redirects_lead_to_web_servers_only(fetch: Fetch, to: str) -> None:
    with serving(lambda _: Answer(302, {"Location": to})) as endpoint, refused("cannot be fetched"):
        fetch(address(f"{endpoint}/talk.wav"))


def test_redirects_in_a_circle_end(fetch: Fetch) -> None:
    with serving(lambda _: Answer(302, {"Location": "/talk.wav"})) as endpoint, refused("cannot be fetched"):
        fetch(address(f"{endpoint}/talk.wav"))


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ('attachment; filename="my talk.wav"', "my talk.wav"),
        ("attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.wav", "grüße.wav"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename=".."', "download"),
        ("attachment", "download"),
    ],
)
def test_a_server_may_tell_name_and_size(web: Web, told: str, name: str) -> None:
    web.headers["Content-Disposition"] = told
    seen = look(web.address("/download?id=1"))
    assert (seen.name, seen.bytes) == (name, len(CONTENT))


def test_a_server_that_tells_nothing_beforehand_is_not_refused(web: Web) -> None:
    web.statuses = [405]
    assert look(web.address("/download")).name == "download"
