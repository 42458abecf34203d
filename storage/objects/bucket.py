"""Any bucket that this machine may use, with objects under any keys: where recordings come from and results go to."""

import io
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from uuid import uuid4

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from storage.objects.boto_errors import answered
from storage.objects.bucket_errors import Closed, NoKeys, no_bucket, reaching
from storage.objects.ranged import RangedReader
from storage.objects.s3 import PART_BYTES
from storage.objects.s3_answers import ranged, watch_answers

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """A server and the keys that it is asked with."""

    client: Callable[[], "S3Client"]
    where: str = ""
    """The server's name in sentences, if it is not the usual one."""
    is_farms: bool = False
    """Whether the farm's own object store is reached like this too, so that one may be copied to the other."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was found; it is read and copied only as long as it stays so."""

    key: str
    size: int
    etag: str = ""
    sha256: str | None = None
    """The hash of its content, where the server knows it."""


class Bucket:
    """One bucket. The first access that opens it is used from then on."""

    def __init__(self, name: str, accesses: Sequence[Access]) -> None:
        self.name = name
        self._untried = accesses
        self._opened: tuple[Access, S3Client] | None = None

    def find(self, key: str) -> Found | None:
        """An object, or None if there is none."""
        return self._ask(key, lambda client, access: self._head(client, key, access.where))

    def list(self, prefix: str) -> Iterator[Found]:
        """All objects whose keys begin with this prefix, in the order of their keys."""
        page = self._ask(prefix, lambda client, _: client.list_objects_v2(Bucket=self.name, Prefix=prefix))
        yield from _listed(page)
        while token := page.get("NextContinuationToken"):
            page = self._ask(prefix, partial(self._next_page, prefix, token))
            yield from _listed(page)

    def open(self, found: Found) -> BinaryIO:
        """Open an object for reading by ranges."""
        reader = RangedReader(
            found.size, lambda start, stop: self._range(found, start, stop), name=self._named(found.key)
        )
        return cast("BinaryIO", io.BufferedReader(reader, buffer_size=reader.BLOCK))

    def ends(self, found: Found, size: int) -> Iterator[bytes]:
        """The beginning of an object, and then its end, unless that is the same."""
        yield self._range(found, 0, min(size, found.size)) if found.size else b""
        if found.size > size:
            yield self._range(found, max(found.size - size, size // 2), found.size)

    def put(self, key: str, stream: BinaryIO) -> None:
        """Store a stream as an object, which appears once it is whole."""
        config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4)
        self._ask(key, lambda client, _: client.upload_fileobj(stream, self.name, key, Config=config))

    def try_writing(self, folder: str) -> None:
        """Raise if nothing can be stored in this folder; tried by an upload that is begun and given up."""
        key = f"{folder}.voicefarm-{uuid4().hex[:8]}.part"

        def begin(client: "S3Client", _: Access) -> None:
            begun = client.create_multipart_upload(Bucket=self.name, Key=key)
            # Who may write but not give up leaves it to the bucket's own rules.
            with suppress(ClientError):
                client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=begun["UploadId"])

        self._ask(folder, begin)

    @property
    def farms_client(self) -> "S3Client | None":
        """The client that reaches both this bucket and the farm's; None if there is none, or none was needed yet."""
        return self._opened[1] if self._opened and self._opened[0].is_farms else None

    def _next_page(self, prefix: str, token: str, client: "S3Client", _: Access) -> "ListObjectsV2OutputTypeDef":
        return client.list_objects_v2(Bucket=self.name, Prefix=prefix, ContinuationToken=token)

    def _head(self, client: "S3Client", key: str, where: str) -> Found | None:
        try:
            head = client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if answered(error).status != HTTPStatus.NOT_FOUND:
                raise
            self._require(client, where)
            return None
        return Found(key, head["ContentLength"], head.get("ETag", ""), _sha256(head))

    def _require(self, client: "S3Client", where: str) -> None:
        """Raise if the bucket is not there, which a missing object does not tell."""
        try:
            client.head_bucket(Bucket=self.name)
        except ClientError as error:
            if answered(error).status == HTTPStatus.NOT_FOUND:
                raise no_bucket(self.name, where) from error

    def _range(self, found: Found, start: int, stop: int) -> bytes:
        def fetch(client: "S3Client", access: Access) -> bytes:
            same: dict[str, Any] = {"IfMatch": found.etag} if found.etag else {}
            answer = client.get_object(Bucket=self.name, Key=found.key, Range=f"bytes={start}-{stop - 1}", **same)
            return ranged(answer, start, stop, self._named(found.key) + access.where)

        return self._ask(found.key, fetch)

    def _ask(self, key: str, act: Callable[["S3Client", Access], T]) -> T:
        named = self._named(key)
        if self._opened is not None:
            access, client = self._opened
            with reaching(named, access.where):
                return act(client, access)
        refusals: list[Closed] = []
        for access in self._untried:
            try:
                with reaching(named, access.where):
                    client = access.client()
                    watch_answers(client, named + access.where)
                    answer = act(client, access)
            except Closed as refusal:
                refusals.append(refusal)
                continue
            self._opened = access, client
            return answer
        # Where there were no keys to try, another's refusal tells more.
        raise next((r for r in reversed(refusals) if not isinstance(r, NoKeys)), refusals[-1])

    def _named(self, key: str) -> str:
        return f"s3://{self.name}/{key}"


def _listed(page: "ListObjectsV2OutputTypeDef") -> Iterator[Found]:
    for item in page.get("Contents", []):
        yield Found(item["Key"], item["Size"], item.get("ETag", ""))


def _sha256(head: Mapping[str, Any]) -> str | None:
    """The hash of all of the object's content; that of an upload in parts is a hash of hashes."""
    told = head.get("ChecksumSHA256")
    if not told or "-" in told or head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        digest = b64decode(told, validate=True)
    except ValueError:
        return None
    return digest.hex() if len(digest) == 32 else None
