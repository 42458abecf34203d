"""Packages of voices and models on this machine: fetched once, shared by all its workers, checked before use."""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Event
from uuid import uuid4

from storage import keys
from storage.errors import ConversionError, NoSpace, ObjectMissing
from storage.objects.patience import patiently
from storage.objects.store import ObjectStore
from storage.settings import Settings
from workers.engines.package import VOICE, Contents, PackedFile, description_file
from workers.engines.package_room import LOCKS, make_room, size_of

#: Bytes copied at a time; a package may be larger than a worker's free memory.
BLOCK = 1 << 20
#: Seconds between looks at a lock that another worker of this machine holds while it fetches.
LOOK = 0.1
_HASH = re.compile("[0-9a-f]{64}")
#: Ending of a file that is not complete yet.
_PART = ".part"


class Packages:
    """The packages below a folder, fetched from the object store."""

    def __init__(self, store: ObjectStore, root: Path, most_bytes: float, give_up: Event) -> None:
        self.store = store
        self.root = root
        self.most_bytes = most_bytes
        self.give_up = give_up

    @classmethod
    def of(cls, settings: Settings, store: ObjectStore, give_up: Event) -> "Packages":
        """The packages in the folder that the settings name."""
        most = settings.package_gigabytes * 1e9 or float("inf")
        return cls(store, settings.state_folder / "packages", most, give_up)

    def folder(self, content_hash: str, kind: str) -> Path:
        """The folder of a package, complete; it is kept for long enough to load it."""
        if not _HASH.fullmatch(content_hash):
            raise ConversionError(f"'{content_hash}' is not the hash of a package; submit the recording again")
        place = self.root / content_hash
        try:
            with _alone(self.root / LOCKS / content_hash, self.give_up):
                self._complete(place, kind)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoSpace(f"the disk that holds the packages ({self.root}) is full; free some space") from error
            raise ConversionError(f"the folder {self.root} cannot be used ({error}); check its owner") from error
        return place

    def _complete(self, place: Path, kind: str) -> None:
        place.mkdir(parents=True, exist_ok=True)
        description = self._description(place, kind)
        missing = {n: f for n, f in description.files.items() if size_of(place / _plain(n)) != f.bytes}
        os.utime(place)
        if missing:
            for left_over in place.glob(f"*{_PART}"):
                left_over.unlink()
            make_room(self.root, self.most_bytes - sum(file.bytes for file in missing.values()))
        for name, file in missing.items():
            patiently(lambda name=name, file=file: self._fetch(place, kind, name, file), self.give_up)  # type: ignore[misc]

    def _description(self, place: Path, kind: str) -> Contents:
        """The package's description, from here or from the store; its hash is what the package is known by."""
        file = description_file(kind)
        data = b""
        with suppress(FileNotFoundError):
            data = (place / file).read_bytes()
        if sha256(data).hexdigest() != place.name:
            with _explained(place.name, kind):
                data = patiently(lambda: self.store.get(keys.package_key(place.name, file)), self.give_up)
            if sha256(data).hexdigest() != place.name:
                raise _damaged(place.name, file)
            with _whole_file(place / file) as unfinished:
                unfinished.write_bytes(data)
        description = Contents.from_bytes(data)
        if description.kind != kind:
            raise ConversionError(
                f"the package {place.name} is a {description.kind}, not a {kind}; submit the recording again"
            )
        return description

    def _fetch(self, place: Path, kind: str, name: str, expected: PackedFile) -> None:
        """Fetch one file; it gets its name only once its hash has been checked."""
        digest, left = sha256(), expected.bytes
        with (
            _explained(place.name, kind),
            _whole_file(place / name) as unfinished,
            self.store.open(keys.package_key(place.name, name)) as source,
        ):
            with unfinished.open("wb") as file:
                while left >= 0 and (block := source.read(BLOCK)):
                    digest.update(block)
                    file.write(block)
                    left -= len(block)
            if left or digest.hexdigest() != expected.sha256:
                raise _damaged(place.name, name)


@contextmanager
def _alone(lock: Path, give_up: Event) -> Iterator[None]:
    """Let only one process on this machine in at a time; the lock ends with its holder."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if give_up.wait(LOOK):
                    raise ConversionError("the worker was stopped while another one was fetching a package") from None
        yield


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; the file gets its own name at the end, unless something is raised."""
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}{_PART}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _explained(content_hash: str, kind: str) -> Iterator[None]:
    """Turn the error for a package that is missing in the store into one that says what to do."""
    try:
        yield
    except ObjectMissing as error:
        again = "add the voice" if kind == VOICE else "add the model"
        raise ConversionError(
            f"the package {content_hash} ({kind}) is not in the object store; {again} again"
        ) from error


def _damaged(content_hash: str, file: str) -> ConversionError:
    return ConversionError(
        f"{keys.package_key(content_hash, file)} in the object store is damaged; remove it there and add the file that"
        " it was made from again"
    )


def _plain(name: str) -> str:
    if name != Path(name).name or name.startswith("."):
        raise ConversionError(
            f"a package holds a file called '{name}', which could be outside its folder; the package is not used"
        )
    return name
