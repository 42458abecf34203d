"""Why the farm's own object store does not give or take an object, in sentences for whoever runs the farm."""

from contextlib import AbstractContextManager
from http import HTTPStatus

from storage.errors import ObjectMissing, ObjectStoreError, ObjectStoreRefused
from storage.objects.boto_errors import CHANGED, Refused, Sentences, in_sentences

_NOT_THERE = {"404", "NoSuchKey", "NotFound"}
#: Statuses below 500 that only ask the client to wait.
_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_KEYS = "VOICEFARM_OBJECTS_ACCESS_KEY and VOICEFARM_OBJECTS_SECRET_KEY"


def talking(key: str, where: str) -> AbstractContextManager[None]:
    """Turn boto3's errors about a key into the errors of an object store."""
    return in_sentences(_OfStore(key, where))


def missing(key: str, where: str) -> ObjectMissing:
    """The error for an object that is not there."""
    return ObjectMissing(f"{key} is not in {where}; it was removed, or never stored")


def no_bucket(where: str) -> ObjectStoreRefused:
    """The error for a bucket that is not there."""
    return ObjectStoreRefused(f"there is no {where}; create it, or correct VOICEFARM_OBJECTS_URL")


class _OfStore(Sentences):
    """About an object of the farm's store."""

    def __init__(self, key: str, where: str) -> None:
        self.key = key
        self.place = where

    def no_bucket(self) -> ObjectStoreRefused:
        return no_bucket(self.place)

    def no_keys(self, error: Exception) -> ObjectStoreRefused:
        return ObjectStoreRefused(f"there are no keys for {self.place} ({error}); set {_KEYS}")

    def unusable(self, why: str) -> ObjectStoreRefused:
        advice = "correct VOICEFARM_OBJECTS_URL or VOICEFARM_OBJECTS_ENDPOINT"
        return ObjectStoreRefused(f"{self.place} cannot be used ({why}); {advice}")

    def silence(self, error: Exception) -> ObjectStoreError:
        advice = "check VOICEFARM_OBJECTS_URL and VOICEFARM_OBJECTS_ENDPOINT, and that the server runs"
        return ObjectStoreError(f"the object store does not answer for {self.place} ({error}); {advice}")

    def refusal(self, refused: Refused) -> ObjectStoreError:
        if refused.code in _NOT_THERE:
            return missing(self.key, self.place)
        if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR or refused.status in _BUSY:
            return ObjectStoreError(
                f"the object store does not answer for {self.place} ({refused.said}); check the server's log"
            )
        return self._lasting_refusal(*refused)

    def _lasting_refusal(self, code: str, status: int, said: str) -> ObjectStoreError:
        """The error for a refusal that lasts until somebody changes something."""
        place = self.place
        if code == "RequestTimeTooSkewed":
            return ObjectStoreError(
                f"the clocks of this machine and of {place} differ too much ({said}); set them right"
            )
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            advice = "check VOICEFARM_OBJECTS_ENDPOINT and VOICEFARM_OBJECTS_REGION"
            return ObjectStoreRefused(f"the object store redirects elsewhere for {place} ({said}); {advice}")
        kind = ObjectStoreError if status == CHANGED else ObjectStoreRefused
        return kind(f"the object store refuses access to {place} ({said}); check {_KEYS}, and the rights they have")
