"""Signatures on what workers say: an account at the broker does not prove that a message is from that worker."""

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from msgspec import Meta, ValidationError, convert

from storage.errors import BadMessage, SettingsError
from storage.settings import Settings
from workers.wire.messages import Json, Name

#: The field of a message that holds its signature.
FIELD = "signature"
#: Seconds for which a signed heartbeat counts, between two machines' clocks; as long as the broker keeps one.
HEARTBEAT_COUNTS = 600.0
#: Bytes of a key: as many as the hash produces.
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signature:
    """Which key signed, when, and the proof."""

    key: Name
    at: Annotated[float, Meta(ge=0.0, le=1e12)]
    proof: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


@dataclass(frozen=True, slots=True)
class Trust:
    """What a message proves about its sender: the key that signed it, if any, and whether the farm has keys."""

    key: str | None = None
    has_keys: bool = True

    def speaks_for(self, key: str | None) -> bool:
        """Whether the message counts for a worker whose first heartbeat was signed with this key."""
        return not self.has_keys or self.key == key


#: On a farm without keys, all senders are trusted alike.
UNSIGNED = Trust(has_keys=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what a worker says, if it has a key."""

    key: str
    secret: str

    @classmethod
    def of(cls, settings: Settings) -> "Signer":
        """The signer for a machine's key, `NAME:SECRET`."""
        if not settings.worker_key:
            return cls("", "")
        name, colon, secret = settings.worker_key.partition(":")
        if not (name and colon and secret):
            raise SettingsError(
                "VOICEFARM_WORKER_KEY is not of the form NAME:SECRET; copy the whole line shown when the key was made"
            )
        return cls(name, secret)

    def signed(self, task: str, message: Json) -> Json:
        """The message with a signature, or unchanged where there is no key."""
        if not self.key:
            return message
        at = time.time()
        signature = {"key": self.key, "at": at, "proof": _proof(self.secret, task, message, at)}
        return {**message, FIELD: signature}


def new_secret() -> str:
    """A secret for a new key."""
    return secrets.token_hex(KEY_BYTES)


def signer_of(message: object, task: str, secrets_by_key: Mapping[str, str]) -> Signature | None:
    """Who signed a message, or None if nobody did; raises BadMessage if the signature is not valid."""
    if not isinstance(message, dict) or FIELD not in message:
        return None
    try:
        signature = convert(message[FIELD], Signature)
    except (ValidationError, UnicodeError) as error:
        raise BadMessage(f"a signature is malformed ({error})") from error
    bare = {name: value for name, value in message.items() if name != FIELD}
    secret = secrets_by_key.get(signature.key)
    if secret is None or not hmac.compare_digest(_proof(secret, task, bare, signature.at), signature.proof):
        raise BadMessage(f"a message is not signed with the key {signature.key!r} that it names")
    return signature


def _proof(secret: str, task: str, message: Json, at: float) -> str:
    # Sorted and without spaces, so that both sides sign the same text; with the task, so that no message passes for one
    # of another kind.
    text = json.dumps([task, repr(at), message], sort_keys=True, separators=(",", ":"))
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()
