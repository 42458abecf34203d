"""Whether objects can be stored, read back and removed."""

import os
from collections.abc import Iterator
from uuid import uuid4

from dispatcher.local.checks.machine import nearest
from dispatcher.local.finding import Said
from storage.errors import ObjectStoreError, SettingsError, VoicefarmError
from storage.objects.folder import FolderStore
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.secrets import redacted_place
from storage.settings import Settings

#: What boto3 raises if it finds no keys, or only one of the two.
NO_KEYS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}


def look(settings: Settings) -> Said:
    """Store something small, fetch it, remove it; a folder that does not exist is not created for that."""
    place = redacted_place(settings.resolved_objects_url)
    _require_both_keys(settings)
    try:
        store = open_store(settings)
        if isinstance(store, FolderStore) and not store.root.exists():
            return _missing(store, place)
        _try(store)
    except (ObjectStoreError, SettingsError) as error:
        if NO_KEYS.isdisjoint(type(cause).__name__ for cause in _causes(error)):
            raise
        raise SettingsError(
            f"there are no keys for {place}; set VOICEFARM_OBJECTS_ACCESS_KEY and VOICEFARM_OBJECTS_SECRET_KEY,"
            " or give them where boto3 looks for them (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws)"
        ) from error
    return Said(f"{place} stores, gives back and removes")


def _require_both_keys(settings: Settings) -> None:
    keys = {
        "VOICEFARM_OBJECTS_ACCESS_KEY": settings.objects_access_key,
        "VOICEFARM_OBJECTS_SECRET_KEY": settings.objects_secret_key,
    }
    missing = [name for name, key in keys.items() if not key]
    if len(missing) == 1 and settings.resolved_objects_url.startswith("s3:"):
        raise SettingsError(f"{missing[0]} is missing, though the other key is set; set both or neither")


def _missing(store: FolderStore, place: str) -> Said:
    parent = nearest(store.root)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise ObjectStoreError(
            f"{place} is not there and cannot be made in {parent}; check the owner and rights, or VOICEFARM_OBJECTS_URL"
        )
    return Said(f"{place} is not there yet, it is made when needed", is_note=True)


def _try(store: ObjectStore) -> None:
    key = f"doctor/{uuid4().hex}"
    store.put(key, b"voicefarm")
    found = store.get(key)
    store.delete(key)
    if found != b"voicefarm" or store.find(key) is not None:
        raise VoicefarmError("the object store does not give back what was stored; check its server")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
