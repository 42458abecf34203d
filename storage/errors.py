"""All of voicefarm's errors, as one small tree."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from storage.remedies import Remedy, advised


def described(sentence: str, kind: str, advice: Iterable[str] = ()) -> dict[str, Any]:
    """The form that every error has for programs."""
    return {"sentence": sentence, "kind": kind, "advice": list(advice)}


class VoicefarmError(Exception):
    """Root of the tree; its text is one sentence for a person: what happened, why, what to do.

    Help that takes a command or a call is a remedy, so that each interface can name its own command or call.
    """

    def __init__(self, sentence: str, *remedies: Remedy) -> None:
        super().__init__(sentence, *remedies)
        self.sentence = sentence
        self.remedies = remedies

    def __str__(self) -> str:
        return advised(self.sentence, self.remedies)

    @property
    def kind(self) -> str:
        """The kind of error for programs, such as `unknown_voice`."""
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    def to_json(self, word: Callable[[Remedy], str] = str) -> dict[str, Any]:
        """The whole sentence, the kind, and each of the remedies that end the sentence, in the words of `word`."""
        return described(advised(self.sentence, self.remedies, word), self.kind, map(word, self.remedies))


class SettingsError(VoicefarmError):
    """A setting is missing or malformed, or contradicts another."""


class InputError(VoicefarmError):
    """Something that was given cannot be used: a file, a voice, a tag, a name."""


class AudioError(InputError):
    """A recording cannot be read, or holds nothing that can be converted."""


class DamagedAtom(AudioError):
    """An atom's object is not what was stored."""


class ManifestRefused(InputError):
    """A manifest has mistakes, so nothing in it was begun."""

    def __init__(self, sentence: str, path: Path, mistakes: Sequence[tuple[int, int, str]]) -> None:
        super().__init__(sentence)
        self.path = path
        self.mistakes = mistakes
        """Line, column and sentence of each; numbers count from 1, and 0 is the whole."""

    def to_json(self, word: Callable[[Remedy], str] = str) -> dict[str, Any]:
        """As every error, with each of its mistakes."""
        mistakes = [{"line": line, "column": at, "sentence": said} for line, at, said in self.mistakes]
        return {**super().to_json(word), "mistakes": mistakes}


class UnknownVoice(InputError):
    """No voice has this name."""


class UnknownTag(InputError):
    """No worker has ever offered this tag and no setting declares it."""


class UnknownBatch(InputError):
    """No batch has this name."""


class UnknownJob(InputError):
    """No job has this identifier."""


class ServiceError(VoicefarmError):
    """A server that the farm depends on does not answer as it should."""


class BrokerUnavailable(ServiceError):
    """The Celery broker cannot be reached or refuses access."""


class DatabaseUnavailable(ServiceError):
    """The SQL database cannot be reached or refuses access."""


class MigrationNeeded(ServiceError):
    """The database is not at the revision that this program was written for."""


class ObjectStoreError(ServiceError):
    """The object store cannot be reached or refuses access."""


class ObjectStoreRefused(ObjectStoreError):
    """The object store answers, but refuses until somebody changes keys, rights or settings."""


class ObjectMissing(ObjectStoreError):
    """No object is stored under this key."""


class NoSpace(ServiceError):
    """A disk is full."""


class DownloadFailed(ServiceError):
    """A public file cannot be fetched, or is not the expected one."""


class ConversionError(VoicefarmError):
    """An engine could not convert an atom."""


class AtomLost(VoicefarmError):
    """An atom's object is missing or not what was stored, so the atom must be made again."""

    def __init__(self, number: int, why: str, *, is_prepared: bool) -> None:
        super().__init__(why)
        self.number = number
        self.is_prepared = is_prepared
        """Whether the engine's input was lost, rather than its result."""


class StaleClaim(VoicefarmError):
    """Another process holds the claim now, so this one's work no longer counts."""


class BadMessage(VoicefarmError):
    """Something in a queue is not one of the farm's messages; it is dropped and counted."""
