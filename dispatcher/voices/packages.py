"""Packages in the object store: stored, looked up and removed."""

from pathlib import Path

from storage import keys
from storage.objects.store import ObjectStore
from workers.engines.package import VOICE, description_file
from workers.engines.voice_files import Packed

#: Kinds of descriptions, of which a package has one.
_DESCRIPTIONS = (description_file(VOICE), description_file(""))


def store_package(store: ObjectStore, folder: Path, packed: Packed) -> None:
    """Store a package from a folder; what is there already is left alone.

    The description goes last: whoever finds it finds everything that it describes.
    """
    for name, file in packed.files.items():
        found = store.find(keys.package_key(packed.hash, name))
        if found is None or found.size != file.bytes:
            store.put_file(keys.package_key(packed.hash, name), folder / name)
    if not has_package(store, packed.hash, packed.kind):
        store.put(keys.package_key(packed.hash, description_file(packed.kind)), packed.description)


def has_package(store: ObjectStore, content_hash: str, kind: str) -> bool:
    """Whether a package is there, complete."""
    return store.find(keys.package_key(content_hash, description_file(kind))) is not None


def delete_package(store: ObjectStore, content_hash: str) -> None:
    """Remove a package; its description goes first, so that nobody finds half of it."""
    for name in _DESCRIPTIONS:
        store.delete(keys.package_key(content_hash, name))
    for stored in list(store.list(keys.package_key(content_hash, ""))):
        store.delete(stored.key)
