"""Carrying objects between the farm's store and other buckets: on the server where it can, else as a stream."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from storage.objects.bucket import Bucket, Found
from storage.objects.folder import FolderStore
from storage.objects.s3 import S3Store
from storage.objects.scratch_file import scratch_file
from storage.objects.store import ObjectStore

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

#: The largest object that S3 copies in one request; larger ones are copied in parts.
ONE_COPY = 5 << 30
#: Bytes of a part: few requests, and the largest object stays below 10,000 parts.
COPIED_PART = 1 << 30
READ_BYTES = 1 << 20
COPYING = TransferConfig(multipart_threshold=ONE_COPY, multipart_chunksize=COPIED_PART, max_concurrency=4)


def take_in(store: ObjectStore, bucket: Bucket, found: Found, place: Callable[[str], str | None], scratch: Path) -> str:
    """Bring an object into the store, under the key that `place` gives for its hash, if any; returns that hash."""
    if isinstance(store, FolderStore) and found.sha256 is None:
        with bucket.open(found) as stream:
            return _through(stream, place, store.put_found)
    content_hash = found.sha256 or _hash_if_copied(store, bucket, found)
    if content_hash is None:
        with bucket.open(found) as stream:
            return _over_scratch(store, stream, place, scratch)
    key = place(content_hash)
    if key is not None and not _copied_in(store, bucket, found, key):
        with bucket.open(found) as stream:
            store.put_stream(key, stream)
    return content_hash


def hash_object(bucket: Bucket, found: Found) -> str:
    """SHA-256 of an object: as the server knows it, else by reading all of it."""
    if found.sha256 is not None:
        return found.sha256
    with bucket.open(found) as stream:
        hashing = _Hashing(stream)
        while hashing.read(READ_BYTES):
            pass
    return hashing.digest.hexdigest()


def give_out(store: ObjectStore, key: str, bucket: Bucket, target: str) -> None:
    """Bring one of the store's objects to a bucket, where it appears once it is whole."""
    client = bucket.farms_client
    if isinstance(store, S3Store) and client is not None and _copy(client, store.place_of(key), (bucket.name, target)):
        return
    with store.open(key) as stream:
        bucket.put(target, stream)


def _hash_if_copied(store: ObjectStore, bucket: Bucket, found: Found) -> str | None:
    """The hash of what will not pass through here otherwise."""
    if isinstance(store, S3Store) and bucket.farms_client is not None:
        return hash_object(bucket, found)
    return None


def _copied_in(store: ObjectStore, bucket: Bucket, found: Found, key: str) -> bool:
    client = bucket.farms_client
    if not isinstance(store, S3Store) or client is None:
        return False
    return _copy(client, (bucket.name, found.key), store.place_of(key), found.etag)


def _copy(client: "S3Client", source: tuple[str, str], target: tuple[str, str], etag: str = "") -> bool:
    """Copy on the server; False if it refuses, because reading and writing may be possible all the same."""
    same: dict[str, Any] = {"CopySourceIfMatch": etag} if etag else {}
    named: CopySourceTypeDef = {"Bucket": source[0], "Key": source[1]}
    try:
        client.copy(named, target[0], target[1], ExtraArgs=same, Config=COPYING)
    except (ClientError, BotoCoreError):
        return False
    return True


def _through(
    stream: BinaryIO,
    place: Callable[[str], str | None],
    put: Callable[[BinaryIO, Callable[[], str | None]], None],
) -> str:
    """Hash a stream while it is stored."""
    hashing = _Hashing(stream)
    put(cast("BinaryIO", hashing), lambda: place(hashing.digest.hexdigest()))
    return hashing.digest.hexdigest()


def _over_scratch(store: ObjectStore, stream: BinaryIO, place: Callable[[str], str | None], scratch: Path) -> str:
    with scratch_file(scratch) as file:
        hashing = _Hashing(stream)
        shutil.copyfileobj(hashing, file, 1 << 20)
        file.flush()
        content_hash = hashing.digest.hexdigest()
        if key := place(content_hash):
            store.put_file(key, Path(file.name))
    return content_hash


class _Hashing:
    """A stream that is hashed while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        part = self._stream.read(size)
        self.digest.update(cast("ReadableBuffer", part))
        return part
