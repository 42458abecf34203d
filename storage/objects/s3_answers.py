"""Checks a server's answers before they are used: at a wrong address, anything may answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import IncompleteReadError, ResponseStreamingError

from storage.errors import ObjectStoreRefused
from storage.objects.store import Stored

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.client import S3Client

#: Headers that every S3 server puts into its answers.
_ALWAYS_THERE = {
    "HeadObject": ("ContentLength", "LastModified"),
    "PutObject": ("ETag",),
    "UploadPart": ("ETag",),
    "CreateMultipartUpload": ("UploadId",),
    "ListObjectsV2": ("IsTruncated",),
}
#: Bytes read from a connection at once.
_READ_BYTES = 1 << 20


def watch_answers(client: "S3Client", where: str) -> None:
    """Check every answer to this client, including those to boto3's own transfers."""

    def look(response_dict: Mapping[str, Any] | None, parsed_response: Any, **_: Any) -> None:
        if response_dict is not None:
            headers = {name.lower(): value for name, value in response_dict["headers"].items()}
            with _unread_if_refused(parsed_response):
                _refuse_strangers(response_dict["status_code"], headers, where)

    def weigh(http_response: Any, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        if http_response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            with _unread_if_refused(parsed):
                _refuse_gaps(model.name, parsed, where)

    # Checked at once, because boto3 takes a web page for a passing fault, and follows redirects again and again until
    # it runs out of stack.
    client.meta.events.register("response-received.s3", look)
    client.meta.events.register("after-call.s3", weigh)


def listed(item: Mapping[str, Any], prefix: str, where: str) -> Stored:
    """One entry of a listing."""
    key, size, modified = item.get("Key"), item.get("Size"), item.get("LastModified")
    if not (isinstance(key, str) and isinstance(size, int) and isinstance(modified, datetime)):
        raise no_s3(where, "its listing has an entry without a key, size or time")
    return Stored(key.removeprefix(prefix), size, modified.timestamp())


def ranged(answer: Mapping[str, Any], start: int, stop: int, where: str) -> bytes:
    """The bytes of a range; fewer if the connection broke."""
    status, body, length = answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"], answer.get("ContentLength", 0)
    if (status != HTTPStatus.PARTIAL_CONTENT and start > 0) or length > stop - start:
        # Closed without being read to its end, so this connection is not used again.
        body.close()
        raise no_s3(where, "it was asked for a part of an object and sent another")
    found = _received(body, stop - start)
    if len(found) < stop - start:
        body.close()
    return found


def no_s3(where: str, why: str) -> ObjectStoreRefused:
    """The error for a server that answers but is not an object store."""
    return ObjectStoreRefused(
        f"the server that answers for {where} does not speak S3: {why}; check VOICEFARM_OBJECTS_ENDPOINT, and look for"
        " a proxy or a login page on the way"
    )


@contextmanager
def _unread_if_refused(parsed: Mapping[str, Any]) -> Iterator[None]:
    """Close the connection to a server whose answer nobody will read."""
    try:
        yield
    except ObjectStoreRefused:
        if "Body" in parsed:
            parsed["Body"].close()
        raise


def _refuse_strangers(status: int, headers: Mapping[str, str], where: str) -> None:
    is_page = headers.get("content-type", "").lower().startswith("text/html")
    if status < HTTPStatus.MULTIPLE_CHOICES and is_page and not any(name.startswith("x-amz") for name in headers):
        raise no_s3(where, "it answers with a web page")
    # AWS names the region of a bucket, and boto3 goes there.
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST and "x-amz-bucket-region" not in headers:
        raise no_s3(where, f"it redirects elsewhere ({status})")


def _refuse_gaps(operation: str, parsed: Mapping[str, Any], where: str) -> None:
    for name in _ALWAYS_THERE.get(operation, ()):
        if name not in parsed:
            raise no_s3(where, f"its answer to {operation} lacks {name}")
    headers = parsed["ResponseMetadata"]["HTTPHeaders"]
    if operation == "GetObject" and not {"content-length", "transfer-encoding"} & set(headers):
        # Without it, an answer that was cut off could not be told from a whole one.
        raise no_s3(where, "it sends an object without its length")


def _received(body: "StreamingBody", most: int) -> bytes:
    parts: list[bytes] = []
    try:
        while most > 0 and (part := body.read(min(most, _READ_BYTES))):
            parts.append(part)
            most -= len(part)
    except (IncompleteReadError, ResponseStreamingError):
        # The bytes that came are good; the reader asks for the rest.
        pass
    return b"".join(parts)
