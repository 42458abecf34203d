"""Recordings on their way into the object store, wherever they lie."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dispatcher.jobs.hashing import hash_file
from storage.audio.source_file import BinarySource
from storage.errors import InputError
from storage.objects.address import Address, Place
from storage.objects.reach import Reach
from storage.objects.scratch_file import scratch_file
from storage.objects.store import ObjectStore

if TYPE_CHECKING:
    from storage.objects.bucket import Bucket, Found

#: The key under which a recording of this hash is to be kept; None if it need not be.
KeyFor = Callable[[str], str | None]


class Glimpsed(Protocol):
    """A recording that can be looked into."""

    @property
    def content(self) -> Path | BinarySource:
        """What its header is read from."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def hash(self) -> str:
        """SHA-256 of all of it."""


class Incoming(Glimpsed, Protocol):
    """A recording that can be looked into, and then kept."""

    def keep(self, store: ObjectStore, key_for: KeyFor) -> str:
        """Put it into the store, if it is to be kept; returns its hash."""


@contextmanager
def incoming(source: Place, reach: Reach) -> Iterator[Incoming]:
    """A recording, for as long as it takes to take it in."""
    if isinstance(source, Path):
        yield _File(source)
    elif source.scheme == "s3":
        bucket = reach.bucket(source)
        found = find_object(bucket, source)
        with closing(bucket.open(found)) as content:
            yield _Object(bucket, found, content, reach.scratch)
    else:
        # Only needed for web servers.
        from storage.objects.web import download

        with scratch_file(reach.scratch) as file:
            download(source, file)
            yield _File(Path(file.name))


@contextmanager
def glimpsed(source: Place, reach: Reach) -> Iterator[Glimpsed]:
    """A recording, for as long as it takes to look into it: of a web server's, as little is fetched as can be."""
    if isinstance(source, Address) and source.scheme != "s3":
        # Only needed for web servers.
        from storage.objects.web_parts import open_parts

        if parts := open_parts(source):
            content, size = parts
            with closing(content):
                yield _Remote(content, size, source, reach)
            return
    with incoming(source, reach) as recording:
        yield recording


def hash_source(source: Place, reach: Reach) -> str:
    """The hash of a recording, which is read to its end unless a server knows it."""
    with incoming(source, reach) as recording:
        return recording.hash()


def find_object(bucket: "Bucket", address: Address) -> "Found":
    """The object at an address; refuses where there is none."""
    found = None if address.is_folder else bucket.find(address.key)
    if found is None:
        raise InputError(f"there is no {address}; check its name")
    return found


@dataclass(frozen=True, slots=True)
class _File:
    """A file of this machine."""

    content: Path

    @property
    def size(self) -> int:
        return self.content.stat().st_size

    def hash(self) -> str:
        return hash_file(self.content)

    def keep(self, store: ObjectStore, key_for: KeyFor) -> str:
        content_hash = self.hash()
        if key := key_for(content_hash):
            store.put_file(key, self.content)
        return content_hash


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file of a web server, which is fetched whole only where its hash is asked for."""

    content: BinarySource
    size: int
    source: Place
    reach: Reach

    def hash(self) -> str:
        return hash_source(self.source, self.reach)


@dataclass(frozen=True, slots=True)
class _Object:
    """An object in a bucket, which passes through this machine only if it must."""

    bucket: "Bucket"
    found: "Found"
    content: BinarySource
    scratch: Path

    @property
    def size(self) -> int:
        return self.found.size

    def hash(self) -> str:
        from storage.objects.carrying import hash_object

        return hash_object(self.bucket, self.found)

    def keep(self, store: ObjectStore, key_for: KeyFor) -> str:
        from storage.objects.carrying import take_in

        return take_in(store, self.bucket, self.found, key_for, self.scratch)
