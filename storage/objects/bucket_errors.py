"""Why an object that somebody named cannot be had, in sentences for whoever named it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from storage.errors import InputError, ObjectStoreRefused
from storage.objects.boto_errors import CHANGED, Refused, Sentences, in_sentences

#: Answers to requests that only hold for the object as it was found.
_OTHER = {HTTPStatus.PRECONDITION_FAILED, CHANGED}


class Closed(InputError):
    """A bucket is not there, or not for these keys; others may open it."""


class NoKeys(Closed):
    """There are no keys to try."""


@contextmanager
def reaching(named: str, where: str) -> Iterator[None]:
    """Turn boto3's errors about what was named, such as `s3://bucket/key`, at a server into sentences."""
    try:
        with in_sentences(_OfNamed(named, where)):
            yield
    except ObjectStoreRefused as error:
        raise InputError(str(error)) from error


def no_bucket(bucket: str, where: str) -> Closed:
    """The error for a bucket that is not there."""
    return Closed(f"there is no bucket {bucket}{where}; check its name")


class _OfNamed(Sentences):
    """About an object or a bucket that somebody named."""

    def __init__(self, named: str, where: str) -> None:
        self.named = named
        self.where = where
        self.place = named + where

    def no_bucket(self) -> Closed:
        return no_bucket(self.named.removeprefix("s3://").partition("/")[0], self.where)

    def no_keys(self, error: Exception) -> NoKeys:
        return NoKeys(f"there are no keys for {self.place} ({error}); set those that AWS tools use, or the farm's")

    def unusable(self, why: str) -> Closed:
        return Closed(f"{self.named} cannot be asked for ({why}); check its name")

    def silence(self, error: Exception) -> InputError:
        return InputError(f"the server does not answer for {self.place} ({error}); check the network and the endpoint")

    def refusal(self, refused: Refused) -> InputError:
        said = refused.said
        if refused.status in _OTHER:
            return InputError(f"{self.named} was replaced while it was read ({said}); try again once it stays as it is")
        if refused.status == HTTPStatus.NOT_FOUND:
            return InputError(f"there is no {self.place}; check its name")
        if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return InputError(f"the server does not answer for {self.place} ({said}); try again later")
        return Closed(
            f"these keys may not use {self.place} ({said}); check its name, the keys, and the rights they have"
        )
