"""Fetches what an order names: an atom's samples, or the loudness of its result where that is there already."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

import numpy as np

from storage import keys
from storage.audio import atomfile
from storage.errors import AudioError, ConversionError, NoSpace, ObjectMissing, ObjectStoreError
from storage.objects.patience import patiently
from storage.objects.store import ObjectStore
from workers.engines.samples import Array, Samples
from workers.wire.messages import AtomOrder, ConversionOrder
from workers.worker.keeping import Keeping

#: Seconds between tries to read an atom that arrived damaged: it may have been damaged on the way, not in the store.
READ_AGAIN = (0.5, 2.0)


class Damaged(ConversionError):
    """A prepared atom is missing or damaged."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An atom's samples, or none if its result is in the store already."""

    samples: Samples | None
    peak: float
    fetch: float
    decode: float
    known: Mapping[str, Array] | None = None
    """What is known of it from another voice; None if nothing is to be kept of it."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches from a store, with patience until it is told to give up."""

    store: ObjectStore
    give_up: Event
    keeping: Keeping

    def fetch(self, order: ConversionOrder, atom: AtomOrder) -> Fetched:
        """The atom, or what is known of its result."""
        try:
            return self._result_or_samples(order, atom)
        except NoSpace as error:
            # Here the store is full, not this machine.
            raise ObjectStoreError(str(error)) from error

    def _result_or_samples(self, order: ConversionOrder, atom: AtomOrder) -> Fetched:
        began = time.perf_counter()
        if (peak := self._peak_of_result(order, atom)) is not None:
            return Fetched(None, peak, time.perf_counter() - began, 0.0)
        key = keys.atom_key(order.atoms_prefix, atom.first, atom.last)
        for pause in READ_AGAIN:
            try:
                return self._read(key, order, atom, began)
            except Damaged:
                if self.give_up.wait(pause):
                    raise
        return self._read(key, order, atom, began)

    def _read(self, key: str, order: ConversionOrder, atom: AtomOrder, began: float) -> Fetched:
        """An atom's prepared samples; raises Damaged if the store does not hold them as they were written."""
        try:
            data = patiently(lambda: self.store.get(key), self.give_up)
            known = self.keeping.known(order, atom)
            fetched = time.perf_counter()
            samples, _ = atomfile.decode(data, frames=atom.last - atom.first, rate=order.rate_in, key=key)
        except (ObjectMissing, AudioError) as error:
            raise Damaged(str(error)) from error
        return Fetched(samples, 0.0, fetched - began, time.perf_counter() - fetched, known)

    def _peak_of_result(self, order: ConversionOrder, atom: AtomOrder) -> float | None:
        """The loudest sample of a result that is in the store already; a damaged result counts as missing."""
        key = result_key(order, atom)
        if patiently(lambda: self.store.find(key), self.give_up) is None:
            return None
        try:
            data = patiently(lambda: self.store.get(key), self.give_up)
            samples, _ = atomfile.decode(data, frames=atom.out_stop - atom.out_start, rate=order.rate_voice, key=key)
        except (AudioError, ObjectMissing):
            return None
        return peak_of(samples)


def result_key(order: ConversionOrder, atom: AtomOrder) -> str:
    """The key of an atom's result, whichever worker makes it."""
    return keys.converted_key(order.converted_prefix, atom.start, atom.stop, atom.first, atom.last)


def peak_of(samples: Samples) -> float:
    """The magnitude of the loudest sample."""
    return float(np.max(np.abs(samples), initial=0.0))
