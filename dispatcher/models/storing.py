"""Putting packages into the object store, and taking them out again."""

from pathlib import Path

from storage import keys
from storage.objects.store import ObjectStore
from workers.engines.rvc.package import VOICE, Description, description_file

#: Kinds of descriptions, of which a package has one.
_DESCRIPTIONS = (description_file(VOICE), description_file(""))


def store_package(store: ObjectStore, folder: Path, description: Description) -> None:
    """Store a package that lies in a folder; what is there already is left alone.

    The description goes last: whoever finds it finds all that it describes.
    """
    for name, file in description.files.items():
        found = store.find(keys.package_key(description.hash, name))
        if found is None or found.size != file.bytes:
            store.put_file(keys.package_key(description.hash, name), folder / name)
    key = keys.package_key(description.hash, description_file(description.kind))
    if store.find(key) is None:
        store.put(key, description.to_bytes())


def delete_package(store: ObjectStore, content_hash: str) -> None:
    """Remove a package; its description goes first, so that nobody finds half of it."""
    for name in _DESCRIPTIONS:
        store.delete(keys.package_key(content_hash, name))
    for stored in list(store.list(keys.package_key(content_hash, ""))):
        store.delete(stored.key)
