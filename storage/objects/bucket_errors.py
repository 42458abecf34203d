"""Why an object that somebody named cannot be had, in sentences for whoever named it."""

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
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from storage.errors import InputError, NoSpace, ObjectStoreRefused
from storage.objects.s3_answers import no_s3
from storage.objects.s3_errors import CHANGED, FULL, NO_BUCKET, answered

#: Answers to requests that only hold for the object as it was found.
_OTHER = {HTTPStatus.PRECONDITION_FAILED, CHANGED}
_KEYS = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, ProfileNotFound)


class Closed(InputError):
    """A bucket is not there, or not for these keys; others may open it."""


class NoKeys(Closed):
    """There are no keys to try."""


@contextmanager
def reaching(named: str, where: str) -> Iterator[None]:
    """Turn boto3's errors about what was named, such as `s3://bucket/key`, at a server into sentences."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error, named, where) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        raise (
            _refusal(cause, named, where) if isinstance(cause, ClientError) else _silence(error, named, where)
        ) from (error)
    except _KEYS as error:
        raise NoKeys(
            f"there are no keys for {named}{where} ({error}); set those that AWS tools use, or the farm's"
        ) from (error)
    except (ParamValidationError, EndpointProviderError) as error:
        raise Closed(f"{named} cannot be asked for ({' '.join(str(error).split())}); check its name") from error
    except ObjectStoreRefused as error:
        raise InputError(str(error)) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise _silence(error, named, where) from error
    except (ResponseParserError, ValueError, KeyError) as error:
        # boto3 raises these when a header or a body is not what S3 sends.
        raise InputError(str(no_s3(named + where, "its answer cannot be understood"))) from error


def no_bucket(bucket: str, where: str) -> Closed:
    """The error for a bucket that is not there."""
    return Closed(f"there is no bucket {bucket}{where}; check its name")


def _refusal(error: ClientError, named: str, where: str) -> InputError | NoSpace:
    code, status, said = answered(error)
    if code in NO_BUCKET:
        return no_bucket(named.removeprefix("s3://").partition("/")[0], where)
    if code in FULL:
        return NoSpace(f"the disks behind {named}{where} are full ({said}); free some space")
    if status in _OTHER:
        return InputError(f"{named} was replaced while it was read ({said}); try again once it stays as it is")
    if status == HTTPStatus.NOT_FOUND:
        return InputError(f"there is no {named}{where}; check its name")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InputError(f"the server does not answer for {named}{where} ({said}); try again later")
    return Closed(f"these keys may not use {named}{where} ({said}); check its name, the keys, and the rights they have")


def _silence(error: Exception, named: str, where: str) -> InputError:
    return InputError(f"the server does not answer for {named}{where} ({error}); check the network and the endpoint")
