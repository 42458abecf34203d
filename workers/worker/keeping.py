"""What an engine found out of an atom, kept in the store for the next voice; it only saves time, so nothing fails."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from safetensors import SafetensorError
from safetensors.numpy import load, save

from storage import keys
from storage.errors import ObjectMissing
from storage.objects.store import ObjectStore
from workers.engines import catalog
from workers.engines.samples import Array
from workers.wire.messages import AtomOrder, ConversionOrder

logger = logging.getLogger("voicefarm.worker")

#: Bytes of the hash that such an object begins with.
HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keeping:
    """Reads and writes what is known of atoms, unless it is off."""

    store: ObjectStore
    is_on: bool = False

    def known(self, order: ConversionOrder, atom: AtomOrder) -> Mapping[str, Array] | None:
        """What is known of an atom for any voice: empty if nothing is, None if nothing is to be kept."""
        key = self._key(order, atom)
        if key is None:
            return None
        try:
            return unpacked(self.store.get(key), key)
        except ObjectMissing:
            return {}
        except Exception as error:  # noqa: BLE001 - the atom can be converted without it
            logger.warning("%s could not be read, so it is found out again: %s", key, error)
            return {}

    def keep(self, order: ConversionOrder, atom: AtomOrder, known: Mapping[str, Array]) -> None:
        """Keep what was found out of an atom."""
        key = self._key(order, atom) if known else None
        if key is None:
            return
        try:
            self.store.put(key, packed(known, key), lasting=False)
        except Exception as error:  # noqa: BLE001 - the atom is done, whatever becomes of this
            logger.warning("%s could not be kept, so the next voice finds it out again: %s", key, error)

    def _key(self, order: ConversionOrder, atom: AtomOrder) -> str | None:
        if not self.is_on:
            return None
        name = catalog.engine(order.engine).in_common(order.recipe, order.settings)
        if name is None:
            return None
        place = keys.heard_prefix(order.atoms_prefix)
        return keys.heard_key(place, atom.start, atom.stop, atom.first, atom.last, name)


def packed(known: Mapping[str, Array], key: str) -> bytes:
    """Arrays as bytes, with a hash by which damage, and another object under this key, is noticed."""
    content = save(dict(known))
    return sha256(key.encode() + content).digest() + content


def unpacked(data: bytes, key: str) -> dict[str, Array]:
    """The arrays, or none if they are damaged."""
    told, content = data[:HASH_BYTES], data[HASH_BYTES:]
    if sha256(key.encode() + content).digest() == told:
        try:
            return {name: array.copy() for name, array in load(content).items()}
        except SafetensorError as error:
            logger.warning("%s is in a format that this version does not know: %s", key, error)
            return {}
    logger.warning("%s is damaged, so it is found out again", key)
    return {}
