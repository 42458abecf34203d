"""What boto3 raises, as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

from storage.errors import NoSpace, ObjectMissing, ObjectStoreError

NOT_THERE = {"404", "NoSuchKey", "NotFound"}
#: What servers other than AWS say when their disks are full.
FULL = {"XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "507"}


@contextmanager
def talking(key: str, where: str) -> Iterator[None]:
    """Turn what boto3 raises about a key into the errors of an object store."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error, key, where) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        raise (_refusal(cause, key, where) if isinstance(cause, ClientError) else _silence(error, where)) from error
    except (BotoCoreError, OSError) as error:
        raise _silence(error, where) from error


def missing(key: str, where: str) -> ObjectMissing:
    """No object lies there."""
    return ObjectMissing(f"{key} is not in {where}; it was removed, or never stored")


def no_bucket(where: str) -> ObjectStoreError:
    """The bucket itself is not there."""
    return ObjectStoreError(f"there is no {where}; create it, or correct VOICEFARM_OBJECTS_URL")


def _refusal(error: ClientError, key: str, where: str) -> ObjectStoreError | NoSpace:
    code = error.response.get("Error", {}).get("Code", "")
    if code in NOT_THERE:
        return missing(key, where)
    if code == "NoSuchBucket":
        return no_bucket(where)
    if code in FULL:
        return NoSpace(f"the disks behind {where} are full ({code}); free some space and run `voicefarm retry`")
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ObjectStoreError(f"the object store of {where} is in trouble ({code or error}); look into its log")
    advice = "check VOICEFARM_OBJECTS_ACCESS_KEY, VOICEFARM_OBJECTS_SECRET_KEY and the rights they have"
    return ObjectStoreError(f"the object store refuses us in {where} ({code or error}); {advice}")


def _silence(error: Exception, where: str) -> ObjectStoreError:
    advice = "check VOICEFARM_OBJECTS_URL and VOICEFARM_OBJECTS_ENDPOINT, and that the server runs"
    return ObjectStoreError(f"the object store does not answer for {where} ({error}); {advice}")
