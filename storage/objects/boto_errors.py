"""What boto3 raises, told apart in one place; whoever asks says it in sentences for those who read them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import NamedTuple

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

from storage.errors import NoSpace, VoicefarmError
from storage.objects.s3_answers import no_s3

#: Sent if the object is shorter than it was; trying again finds the new one.
CHANGED = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_NO_BUCKET = {"NoSuchBucket", "InvalidBucketName"}
#: Codes that servers other than AWS send when their disks are full.
_FULL = {"XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "507"}
_NO_KEYS = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, ProfileNotFound)


class Refused(NamedTuple):
    """A server's refusal: its code and status, and both as they are told."""

    code: str
    status: int
    said: str


class Sentences(ABC):
    """What is said of each trouble with one place."""

    place: str
    """What was asked for, and of whom, as people read it."""

    @abstractmethod
    def no_bucket(self) -> VoicefarmError:
        """There is no such bucket."""

    @abstractmethod
    def no_keys(self, error: Exception) -> VoicefarmError:
        """There are no keys to ask with."""

    @abstractmethod
    def unusable(self, why: str) -> VoicefarmError:
        """Nobody can be asked for something of this name."""

    @abstractmethod
    def silence(self, error: Exception) -> VoicefarmError:
        """Nobody answers."""

    @abstractmethod
    def refusal(self, refused: Refused) -> VoicefarmError:
        """The server refuses for another reason."""


@contextmanager
def in_sentences(sentences: Sentences) -> Iterator[None]:
    """Turn what boto3 raises into these sentences."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error, sentences) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        told = _refusal(cause, sentences) if isinstance(cause, ClientError) else sentences.silence(error)
        raise told from error
    except _NO_KEYS as error:
        raise sentences.no_keys(error) from error
    except (ParamValidationError, EndpointProviderError) as error:
        raise sentences.unusable(" ".join(str(error).split())) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise sentences.silence(error) from error
    except (ResponseParserError, ValueError, KeyError) as error:
        # boto3 raises these when a header or a body is not what S3 sends.
        raise no_s3(sentences.place, "its answer cannot be understood") from error


def answered(error: ClientError) -> Refused:
    """What a server said when it refused."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # Where the server sends no code of its own, boto3 uses the status as the code.
    return Refused(code, status, " ".join(dict.fromkeys(filter(None, (str(status or ""), code)))) or str(error))


def _refusal(error: ClientError, sentences: Sentences) -> VoicefarmError:
    refused = answered(error)
    if refused.code in _NO_BUCKET:
        return sentences.no_bucket()
    if refused.code in _FULL:
        return NoSpace(f"the disks behind {sentences.place} are full ({refused.said}); free some space")
    return sentences.refusal(refused)
