"""Turns the errors that boto3 raises into sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointProviderError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from storage.errors import NoSpace, ObjectMissing, ObjectStoreError, ObjectStoreRefused
from storage.objects.s3_answers import no_s3

NOT_THERE = {"404", "NoSuchKey", "NotFound"}
NO_BUCKET = {"NoSuchBucket", "InvalidBucketName"}
#: Codes that servers other than AWS send when their disks are full.
FULL = {"XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "507"}
#: Statuses below 500 that only ask the client to wait.
BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
#: Sent if the object is shorter than it was; trying again finds the new one.
CHANGED = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_KEYS = "VOICEFARM_OBJECTS_ACCESS_KEY and VOICEFARM_OBJECTS_SECRET_KEY"


@contextmanager
def talking(key: str, where: str) -> Iterator[None]:
    """Turn boto3's errors about a key into the errors of an object store."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error, key, where) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        raise (_refusal(cause, key, where) if isinstance(cause, ClientError) else _silence(error, where)) from error
    except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
        raise ObjectStoreRefused(f"there are no keys for {where} ({error}); set {_KEYS}") from error
    except (ParamValidationError, EndpointProviderError) as error:
        advice = "correct VOICEFARM_OBJECTS_URL or VOICEFARM_OBJECTS_ENDPOINT"
        raise ObjectStoreRefused(f"{where} cannot be used ({' '.join(str(error).split())}); {advice}") from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise _silence(error, where) from error
    except (ResponseParserError, ValueError, KeyError) as error:
        # boto3 raises these when a header or a body is not what S3 sends.
        raise no_s3(where, "its answer cannot be understood") from error


def answered(error: ClientError) -> tuple[str, int, str]:
    """The code and the status of a refusal, and both as they are told."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # Where the server sends no code of its own, boto3 uses the status as the code.
    return code, status, " ".join(dict.fromkeys(filter(None, (str(status or ""), code)))) or str(error)


def missing(key: str, where: str) -> ObjectMissing:
    """The error for an object that is not there."""
    return ObjectMissing(f"{key} is not in {where}; it was removed, or never stored")


def no_bucket(where: str) -> ObjectStoreRefused:
    """The error for a bucket that is not there."""
    return ObjectStoreRefused(f"there is no {where}; create it, or correct VOICEFARM_OBJECTS_URL")


def _refusal(error: ClientError, key: str, where: str) -> ObjectStoreError | NoSpace:
    code, status, said = answered(error)
    if code in NOT_THERE:
        return missing(key, where)
    if code in NO_BUCKET:
        return no_bucket(where)
    if code in FULL:
        return NoSpace(f"the disks behind {where} are full ({said}); free some space")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in BUSY:
        return ObjectStoreError(f"the object store does not answer for {where} ({said}); check the server's log")
    return _lasting_refusal(status, code, said, where)


def _lasting_refusal(status: int, code: str, said: str, where: str) -> ObjectStoreError:
    """The error for a refusal that lasts until somebody changes something."""
    if code == "RequestTimeTooSkewed":
        return ObjectStoreError(f"the clocks of this machine and of {where} differ too much ({said}); set them right")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        advice = "check VOICEFARM_OBJECTS_ENDPOINT and VOICEFARM_OBJECTS_REGION"
        return ObjectStoreRefused(f"the object store redirects elsewhere for {where} ({said}); {advice}")
    kind = ObjectStoreError if status == CHANGED else ObjectStoreRefused
    return kind(f"the object store refuses access to {where} ({said}); check {_KEYS}, and the rights they have")


def _silence(error: Exception, where: str) -> ObjectStoreError:
    advice = "check VOICEFARM_OBJECTS_URL and VOICEFARM_OBJECTS_ENDPOINT, and that the server runs"
    return ObjectStoreError(f"the object store does not answer for {where} ({error}); {advice}")
