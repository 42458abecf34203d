"""Fetching one public file: resumed where it broke off, and used only if it is the one that was meant."""

import errno
import fcntl
import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from dispatcher.models.public_files import PublicModel
from storage.errors import DownloadFailed, InputError, NoSpace

BLOCK = 1 << 20
#: Seconds for which a server may be silent.
PATIENCE = 30.0
#: A server that breaks off is asked again so often, as long as every try brings something.
TRIES = 20

#: Told how many bytes are here.
Tell = Callable[[int], None]


def download(model: PublicModel, folder: Path, host: str, tell: Tell) -> Path:
    """The model's file in this folder, known by its hash; what is there of it already is not fetched again."""
    url = f"{host.rstrip('/')}/{model.path}"
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError(f"'{host}' is no address to download from; give one such as https://huggingface.co")
    target = folder / Path(model.path).name
    part = folder / f"{model.sha256}.part"
    with _own(part, model) as file:
        for _ in range(TRIES):
            had = file.seek(0, os.SEEK_END)
            if had >= model.bytes:
                break
            broke_off = _go_on(url, file, had, model, tell)
            if broke_off and file.seek(0, os.SEEK_END) <= had:
                raise DownloadFailed(_advice(url, model, broke_off, had))
        _check(file, part, model, url)
        part.replace(target)
    return target


@contextmanager
def _own(part: Path, model: PublicModel) -> Iterator[IO[bytes]]:
    """The unfinished file, ours alone."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
    except BlockingIOError as error:
        raise InputError(f"{model.name} is being downloaded already; wait until that is done") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"the disk is full where {model.name} goes, {part.parent}; free some space") from error
        raise InputError(f"{part} cannot be written ({error.strerror}); check its owner and rights") from error


def _go_on(url: str, file: IO[bytes], had: int, model: PublicModel, tell: Tell) -> str:
    """Fetch what is missing; why it broke off, or nothing."""
    try:
        with _answer(url, had) as answer:
            if had and answer.status != http.HTTPStatus.PARTIAL_CONTENT:
                # The server knows no ranges and sends all of it again.
                file.truncate(0)
                had = 0
            while had <= model.bytes and (block := answer.read(BLOCK)):
                file.write(block)
                had += len(block)
                tell(had)
            file.flush()
    except HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # What is here is longer than what lies there, so it is of something else.
            file.truncate(0)
        return f"the server answers {error.code} {error.reason}"
    except URLError as error:
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        file.flush()
        return str(error) or type(error).__name__
    return "" if had >= model.bytes else "it ended too early"


def _answer(url: str, had: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "voicefarm", **({"Range": f"bytes={had}-"} if had else {})}
    answer: http.client.HTTPResponse = urlopen(Request(url, headers=headers), timeout=PATIENCE)  # noqa: S310 - http(s), see above
    return answer


def _check(file: IO[bytes], part: Path, model: PublicModel, url: str) -> None:
    """Delete what is not the file that was meant."""
    file.seek(0)
    digest = sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    if digest.hexdigest() != model.sha256:
        part.unlink()
        raise DownloadFailed(
            f"what {url} holds is not the {model.name} that voicefarm knows (its hash is {digest.hexdigest()[:12]}…,"
            f" not {model.sha256[:12]}…), so it was deleted; get the file elsewhere and run"
            f" `voicefarm model add FILE --name {model.name}`"
        )


def _advice(url: str, model: PublicModel, why: str, had: int) -> str:
    so_far = f"; {had} of {model.bytes} bytes are here, and the same command goes on from there" if had else ""
    return (
        f"{url} cannot be downloaded ({why}){so_far}; without a network, fetch that file on another machine and run"
        f" `voicefarm model add FILE --name {model.name}`"
    )
