"""An object store on any S3 server, through boto3."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, cast

from boto3.s3.transfer import TransferConfig

from storage.errors import ObjectMissing
from storage.objects.ranged import RangedReader
from storage.objects.s3_answers import listed, ranged, watch_answers
from storage.objects.s3_client import farms_client
from storage.objects.s3_errors import missing, no_bucket, talking
from storage.objects.store import Stored, checked, checked_file, checked_prefix, is_key
from storage.settings import Settings, redacted

#: Larger files are uploaded in parts of this size: 16 MB lets a file grow to 160 GB within S3's 10,000 parts.
PART_BYTES = 16 * 1024 * 1024


class S3Store:
    """Objects in a bucket, below a prefix."""

    def __init__(self, bucket: str, prefix: str, settings: Settings) -> None:
        self.bucket = bucket
        self.prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self.where = f"bucket {bucket}" + (
            f" at {redacted(settings.objects_endpoint)}" if settings.objects_endpoint else ""
        )
        self.client = farms_client(settings)
        watch_answers(self.client, self.where)
        self.has_bucket = False
        self.transfer = TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4
        )

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:  # noqa: ARG002 - all of them last here
        """Store a small object in one request."""
        with self._talking(key):
            self.client.put_object(Bucket=self.bucket, Key=self._name(key), Body=data)

    def put_file(self, key: str, path: Path) -> None:
        """Store a file, in parts if it is big."""
        source = checked_file(path)
        with self._talking(key):
            self.client.upload_file(str(source), self.bucket, self._name(key), Config=self.transfer)

    def put_stream(self, key: str, stream: BinaryIO) -> None:
        """Store a stream, in parts if it is long."""
        with self._talking(key):
            self.client.upload_fileobj(stream, self.bucket, self._name(key), Config=self.transfer)

    def place_of(self, key: str) -> tuple[str, str]:
        """The bucket of an object and its whole key in there, for copying on the server."""
        return self.bucket, self._name(key)

    def get(self, key: str) -> bytes:
        """Fetch an object whole."""
        with self._talking(key):
            return self.client.get_object(Bucket=self.bucket, Key=self._name(key))["Body"].read()

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading by ranges."""
        stored = self.find(key)
        if stored is None:
            raise missing(key, self.where)
        reader = RangedReader(stored.size, lambda start, stop: self._range(key, start, stop), name=key)
        return cast("BinaryIO", io.BufferedReader(reader, buffer_size=reader.BLOCK))

    def find(self, key: str) -> Stored | None:
        """Size and time of an object, or None."""
        try:
            with self._talking(key):
                head = self.client.head_object(Bucket=self.bucket, Key=self._name(key))
        except ObjectMissing:
            self._require_bucket()
            return None
        return Stored(key, head["ContentLength"], head["LastModified"].timestamp())

    def list(self, prefix: str) -> Iterator[Stored]:
        """All objects below a prefix, in the order of their keys."""
        beginning = self.prefix + checked_prefix(prefix)
        with self._talking(prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=beginning)
            for page in pages:
                for item in page.get("Contents", []):
                    stored = listed(item, self.prefix, self.where)
                    # Other tools leave folder markers in a bucket, which are not objects of the farm.
                    if is_key(stored.key):
                        yield stored

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self._talking(key):
            self.client.delete_object(Bucket=self.bucket, Key=self._name(key))

    def tidy(self, before: float) -> None:
        """Abort multipart uploads begun before a time: their parts take up room and are listed nowhere."""
        with self._talking(self.prefix):
            begun = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self.prefix).get("Uploads", [])
            for upload in begun:
                if upload["Initiated"].timestamp() < before:
                    self.client.abort_multipart_upload(
                        Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def _name(self, key: str) -> str:
        return self.prefix + checked(key)

    def _range(self, key: str, start: int, stop: int) -> bytes:
        with self._talking(key):
            span = f"bytes={start}-{stop - 1}"
            answer = self.client.get_object(Bucket=self.bucket, Key=self._name(key), Range=span)
            return ranged(answer, start, stop, self.where)

    def _require_bucket(self) -> None:
        """Raise if the bucket is missing; HEAD on an object cannot tell, and a misspelt bucket would seem empty."""
        if self.has_bucket:
            return
        try:
            with self._talking(self.bucket):
                self.client.head_bucket(Bucket=self.bucket)
        except ObjectMissing as error:
            raise no_bucket(self.where) from error
        self.has_bucket = True

    def _talking(self, key: str) -> AbstractContextManager[None]:
        return talking(key, self.where)
