"""Downloading the models that everybody uses: interrupted downloads resume, and only the right file is used."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit

from dispatcher.voices.adding import Adding
from dispatcher.voices.models import KnownModel, find_model
from storage.errors import DownloadFailed, InputError, NoSpace
from storage.objects.web import BLOCK, BROKEN, TRIES, ask, why_broken
from storage.remedies import Act, Remedy
from storage.spelling import guessed
from workers.engines import catalog
from workers.engines.voice_files import PublicModel

#: Called with the number of bytes that are here.
Tell = Callable[[int], None]
#: Shows the progress of a model's download, for as long as it lasts.
Showing = Callable[[PublicModel], AbstractContextManager[Tell]]


@dataclass(frozen=True, slots=True)
class Pulling:
    """Pulls models into a folder and from there into the farm."""

    adding: Adding
    folder: Path
    host: str | None = None
    """Another place with these files."""

    def wanted(self, names: tuple[str, ...]) -> list[PublicModel]:
        """The models of these names, or all."""
        _, files = catalog.engine_of_files()
        known_as = [files.model_name(name) for name in names]
        for name in known_as:
            if name not in files.public_models:
                among = (
                    f"'{name}' is not among the files that can be pulled, which are {', '.join(files.public_models)}"
                )
                raise InputError(guessed(among, name, files.public_models), Remedy(Act.ADD_MODEL, name))
        return [files.public_models[name] for name in known_as or files.public_models]

    def pull(self, model: PublicModel, showing: Showing | None = None) -> KnownModel | None:
        """Add the model; None if the farm had it already."""
        if find_model(self.adding.database, model.name) is not None:
            return None
        host = self.host or catalog.engine_of_files()[1].public_host
        with showing(model) if showing else nullcontext(lambda _: None) as tell:
            file = download(model, self.folder, host, tell)
        added, _ = self.adding.model(file, model.name)
        # Kept until it is in the store: a fault on the way there must not cost another download.
        file.unlink()
        return added


def download(model: PublicModel, folder: Path, host: str, tell: Tell) -> Path:
    """The model's file in this folder, checked by its hash; the part already there is not fetched again."""
    url = f"{host.rstrip('/')}/{model.path}"
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError(f"'{host}' is not an address to download from; give one such as https://huggingface.co")
    target = folder / Path(model.path).name
    part = folder / f"{model.sha256}.part"
    with _own(part, model) as file:
        for _ in range(TRIES):
            had = file.seek(0, os.SEEK_END)
            if had >= model.bytes:
                break
            broke_off = _go_on(url, file, had, model, tell)
            if broke_off and file.seek(0, os.SEEK_END) <= had:
                raise _broken_off(url, model, broke_off, had)
        _check(file, part, model, url)
        part.replace(target)
    return target


@contextmanager
def _own(part: Path, model: PublicModel) -> Iterator[IO[bytes]]:
    """The unfinished file, locked by us."""
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
    """Fetch what is missing; returns why it broke off, or nothing."""
    try:
        with ask(url, {"Range": f"bytes={had}-"} if had else {}) as answer:
            if had and answer.status != HTTPStatus.PARTIAL_CONTENT:
                # The server does not support ranges and sends all of it again.
                file.truncate(0)
                had = 0
            while had <= model.bytes and (block := answer.read(BLOCK)):
                file.write(block)
                had += len(block)
                tell(had)
            file.flush()
    except HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # What is here is longer than what is there, so it belongs to another file.
            file.truncate(0)
        return why_broken(error)
    except BROKEN as error:
        file.flush()
        return why_broken(error)
    return "" if had >= model.bytes else "it ended too early"


def _check(file: IO[bytes], part: Path, model: PublicModel, url: str) -> None:
    """Delete a file that is not the right one."""
    file.seek(0)
    digest = sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    if digest.hexdigest() != model.sha256:
        part.unlink()
        raise DownloadFailed(
            f"what {url} holds is not the {model.name} that is meant (its hash is {digest.hexdigest()[:12]}…, not"
            f" {model.sha256[:12]}…), so it was deleted; get the file elsewhere",
            Remedy(Act.ADD_MODEL, model.name),
        )


def _broken_off(url: str, model: PublicModel, why: str, had: int) -> DownloadFailed:
    so_far = f"; {had} of {model.bytes} bytes are here, and another attempt continues from there" if had else ""
    return DownloadFailed(
        f"{url} cannot be downloaded ({why}){so_far}; without a network, fetch that file on another machine",
        Remedy(Act.ADD_MODEL, model.name),
    )
