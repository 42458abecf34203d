"""Files of web servers: asked for with care for redirects and secrets, and fetched whole although connections break."""

import http.client
import os
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from storage.errors import InputError
from storage.objects.address import Address, file_name

BLOCK = 1 << 20
#: Seconds for which a server may be silent.
PATIENCE = 30.0
#: The same where the answer is only good to know.
GLANCE = 5.0
#: Attempts at a server that breaks off, as long as each one brings something.
TRIES = 20
#: Seconds before another attempt, after ever more of them in a row that brought nothing. A person may be waiting.
PAUSES = (0.2, 1.0, 3.0)
#: Answers after which another attempt may fare better.
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *(s for s in HTTPStatus if s >= 500)}
#: What `ask` and reading its answer raise where a server is away, refuses or breaks off.
BROKEN = (HTTPError, URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError)


#: How we say who we are.
_CALLED = {"User-Agent": "voicefarm"}


@dataclass(slots=True)
class _Fetched:
    """What is known of a file while it is fetched."""

    had: int = 0
    total: int | None = None
    same: str = ""
    """What tells that the server still has the same file; without it, fetching begins anew."""


def ask(
    url: str, headers: Mapping[str, str], *, method: str = "GET", who: str = "", patience: float = PATIENCE
) -> http.client.HTTPResponse:
    """The answer of a web server; redirects lead to web servers only, and nobody else is told who asks."""
    request = Request(url, headers={**_CALLED, **headers}, method=method)  # noqa: S310 - see _opener
    return _answered(_OPENER, request, who, patience)


def post(address: Address, body: bytes, headers: Mapping[str, str], patience: float = PATIENCE) -> None:
    """Post something to a web server; whatever it answers but that all is well, a redirect too, is an HTTPError."""
    who, query = address.secret
    url = replace(address, secret=("", query)).url
    request = Request(url, body, headers={**_CALLED, **headers}, method="POST")  # noqa: S310 - see _opener
    _answered(_STRAIGHT, request, who, patience).close()


def _answered(opener: OpenerDirector, request: Request, who: str, patience: float) -> http.client.HTTPResponse:
    if who:
        request.add_unredirected_header("Authorization", f"Basic {b64encode(unquote(who).encode()).decode()}")
    try:
        answer: http.client.HTTPResponse = opener.open(request, timeout=patience)
    except HTTPError as error:
        # What it says beside its status is not read.
        error.close()
        raise
    return answer


def why_broken(error: Exception) -> str:
    """What a server did, in a few words."""
    if isinstance(error, HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        return str(getattr(error.reason, "strerror", None) or error.reason)
    return str(error) or type(error).__name__


def look(address: Address) -> Address:
    """The address with what its server says of the file before it is fetched, if it says anything soon."""
    try:
        with ask_for(address, {}, method="HEAD", patience=GLANCE) as answer:
            called, size = _called(answer), _number(answer.headers.get("Content-Length"))
    except (*BROKEN, OSError, ValueError):
        # Not every server answers this; fetching it tells more.
        return address
    return replace(address, called=called, bytes=size or 0)


def download(address: Address, file: IO[bytes], pause: Callable[[float], None] = time.sleep) -> None:
    """Fetch a file whole, going on where a connection broke if the server can; refuses what cannot be had."""
    fetched, idle = _Fetched(), 0
    why = ""
    for _ in range(TRIES):
        had = fetched.had
        why = _go_on(address, file, fetched)
        if not why:
            file.flush()
            return
        idle = 0 if fetched.had > had else idle + 1
        if idle > len(PAUSES):
            break
        pause(PAUSES[max(idle - 1, 0)])
    raise unfetchable(address, why)


def unfetchable(address: Address, why: str) -> InputError:
    """That a server gave up in the middle, and why."""
    return InputError(f"{address} cannot be fetched ({why}); try again later, or download it another way")


def _go_on(address: Address, file: IO[bytes], fetched: _Fetched) -> str:
    """Fetch what is missing; returns why it broke off, or nothing."""
    if fetched.had and not fetched.same:
        fetched.had = 0
    headers = {"Range": f"bytes={fetched.had}-", "If-Range": fetched.same} if fetched.had else {}
    try:
        with ask_for(address, headers) as answer:
            _note(answer, file, fetched)
            while block := answer.read(BLOCK):
                file.write(block)
                fetched.had += len(block)
    except HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and fetched.had:
            # What is here is longer than what is there, so it belongs to another file.
            fetched.had, fetched.same = 0, ""
        elif error.code not in PASSING:
            raise refusal(address, error) from error
        return why_broken(error)
    except BROKEN as error:
        return why_broken(error)
    return "" if fetched.total in (None, fetched.had) else "it ended too early"


def _note(answer: http.client.HTTPResponse, file: IO[bytes], fetched: _Fetched) -> None:
    """Where to write what comes, and how much of it there is."""
    length = _number(answer.headers.get("Content-Length"))
    begins, whole = span_told(answer)
    if answer.status != HTTPStatus.PARTIAL_CONTENT or begins != fetched.had:
        # The server sends all of it again, because it knows no ranges or has another file by now.
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            fetched.same = ""
            raise http.client.HTTPException("it sends another part than it was asked for")
        fetched.had, whole = 0, length
    fetched.total = whole
    fetched.same = sameness(answer) if answer.headers.get("Accept-Ranges", "bytes").lower() != "none" else ""
    file.seek(fetched.had)
    file.truncate()


def sameness(answer: http.client.HTTPResponse) -> str:
    """What tells later that the server still has the same file, if it says anything of the kind."""
    etag = answer.headers.get("ETag", "")
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")


def span_told(answer: http.client.HTTPResponse) -> tuple[int | None, int | None]:
    """Where a part begins and how long the whole is, by a header such as `bytes 5-9/10`."""
    span, _, whole = answer.headers.get("Content-Range", "").removeprefix("bytes").strip().partition("/")
    return _number(span.partition("-")[0]), _number(whole)


def _number(told: str | None) -> int | None:
    return int(told) if told and told.isdecimal() else None


def _called(answer: http.client.HTTPResponse) -> str:
    return file_name(os.path.basename(answer.headers.get_filename() or ""))  # noqa: PTH119 - a name, not a file's path


def ask_for(
    address: Address, headers: Mapping[str, str], *, method: str = "GET", patience: float = PATIENCE
) -> http.client.HTTPResponse:
    """The answer to a request for what lies at an address, with the user and password that it names."""
    who, _ = address.secret
    url = replace(address, secret=("", address.secret[1])).url
    try:
        return ask(url, {"Accept-Encoding": "identity", **headers}, method=method, who=who, patience=patience)
    except (ValueError, http.client.InvalidURL) as error:
        raise InputError(f"{address} is no address that can be asked for; check how it is written") from error


def refusal(address: Address, error: HTTPError) -> InputError:
    """Why the server does not give it, as far as its status says."""
    said = f"{error.code} {error.reason}"
    if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return InputError(f"there is no {address} ({said}); check the address")
    if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return InputError(f"the server refuses {address} ({said}); check whether it needs a password or another link")
    return InputError(f"{address} cannot be fetched (the server answers {said}); check the address")


def _opener(*more: BaseHandler) -> OpenerDirector:
    """Knows http and https only, so that a redirect cannot lead to a file of this machine or to FTP."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor(), *more,
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


class _Redirecting(HTTPRedirectHandler):
    """Follows redirects between web servers only."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        """The request that follows."""
        if not newurl.lower().startswith(("http://", "https://")):
            raise HTTPError(req.full_url, code, "and redirects to what is no web server", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = _opener(_Redirecting())
#: Follows no redirects.
_STRAIGHT = _opener()
