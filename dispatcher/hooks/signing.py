"""Signatures of what is posted, as Standard Webhooks has them (https://www.standardwebhooks.com)."""

import binascii
import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

from storage.errors import SettingsError

#: What a secret begins with that is written as base64.
PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for."""
    if not secret.startswith(PREFIX):
        return secret.encode("utf-8", "surrogateescape")
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SettingsError(
            f"VOICEFARM_HOOK_SECRET begins with {PREFIX}, but what follows is not base64; copy the secret once more"
        ) from error


def signed_headers(secret: str, event: str, body: bytes, now: float) -> dict[str, str]:
    """The headers by which a receiver tells that a message is ours, new and unchanged; not without a secret."""
    headers = {"webhook-id": event, "webhook-timestamp": str(int(now))}
    if secret:
        signed = b".".join((event.encode(), headers["webhook-timestamp"].encode(), body))
        headers["webhook-signature"] = f"v1,{b64encode(hmac.digest(key_of(secret), signed, sha256)).decode()}"
    return headers
