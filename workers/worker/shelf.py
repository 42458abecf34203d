"""Compiled programs that machines of one kind share through the object store; they only save time."""

import logging

from storage import keys
from storage.errors import ObjectMissing, VoicefarmError
from storage.objects.store import ObjectStore

logger = logging.getLogger("voicefarm.worker")


class StoreShelf:
    """A shelf in the object store. If the store is away, programs are compiled here and work goes on."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def get(self, name: str) -> bytes | None:
        """What is stored under this name, or None if there is nothing or the store is away."""
        try:
            return self.store.get(keys.shelf_key(name))
        except ObjectMissing:
            return None
        except VoicefarmError as error:
            logger.warning("no compiled programs could be fetched from other machines: %s", error)
            return None

    def put(self, name: str, data: bytes) -> None:
        """Store it under this name if the store accepts it."""
        try:
            self.store.put(keys.shelf_key(name), data)
        except VoicefarmError as error:
            logger.warning("compiled programs could not be stored for other machines: %s", error)
