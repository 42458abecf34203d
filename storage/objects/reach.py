"""How this machine reaches what lies at addresses: which servers and keys open a bucket, and room for what passes."""

from pathlib import Path
from typing import TYPE_CHECKING

from storage.keys import ROOMS
from storage.objects.address import Address, read_place
from storage.settings import Settings, redacted

if TYPE_CHECKING:
    # Importing boto3 takes a third of a second, and most conversions never leave this machine.
    from storage.objects.bucket import Access, Bucket


class Reach:
    """Remembers the buckets that were opened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._buckets: dict[str, Bucket] = {}

    @property
    def scratch(self) -> Path:
        """The folder for what is fetched before it is stored."""
        return self._settings.scratch_folder

    def bucket(self, address: Address) -> "Bucket":
        """The bucket that an address is in."""
        from storage.objects.bucket import Bucket

        return self._buckets.setdefault(address.host, Bucket(address.host, self._accesses()))

    def is_inside_store(self, address: Address) -> bool:
        """Whether an object would lie among those that the farm's own store keeps under keys of its own."""
        store = read_place(self._settings.objects_url)
        if not isinstance(store, Address) or (store.scheme, store.host) != (address.scheme, address.host):
            return False
        prefix = store.key.strip("/")
        below = address.key.removeprefix(prefix).lstrip("/") if address.key.startswith(prefix) else ""
        return below.partition("/")[0] in ROOMS

    def _accesses(self) -> "list[Access]":
        """The farm's own server and keys first; a bucket that they do not open may be another's."""
        from storage.objects.bucket import Access
        from storage.objects.s3_client import farms_client, usual_client

        settings = self._settings
        usual = Access(usual_client)
        if not (settings.objects_url.startswith("s3:") or settings.objects_endpoint or settings.objects_access_key):
            return [usual]
        at = f" at {redacted(settings.objects_endpoint)}" if settings.objects_endpoint else ""
        return [Access(lambda: farms_client(settings), at, is_farms=True), usual]
