"""What machines of one kind leave each other in the object store: compiled programs, which only save time."""

import logging

from storage import keys
from storage.errors import ObjectMissing, VoicefarmError
from storage.objects.store import ObjectStore

logger = logging.getLogger("voicefarm.worker")


class StoreShelf:
    """A shelf in the object store. A store that is away costs warmth, never work."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def get(self, name: str) -> bytes | None:
        """What lies there, or None where nothing does or the store is away."""
        try:
            return self.store.get(keys.shelf_key(name))
        except ObjectMissing:
            return None
        except VoicefarmError as error:
            logger.warning("nothing could be taken over from other machines: %s", error)
            return None

    def put(self, name: str, data: bytes) -> None:
        """Leave it there if the store takes it."""
        try:
            self.store.put(keys.shelf_key(name), data)
        except VoicefarmError as error:
            logger.warning("nothing could be left for other machines: %s", error)
