"""Runs one lease from end to end: fetch, convert and store overlap, so that the device never waits for the network."""

import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event, Lock

import numpy as np

from storage import keys
from storage.audio import atomfile
from storage.errors import (
    AudioError,
    ConversionError,
    NoSpace,
    ObjectMissing,
    ObjectStoreError,
    ServiceError,
    VoicefarmError,
)
from storage.objects.patience import patiently
from storage.objects.store import ObjectStore
from storage.records.states import Outcome
from workers.engines import catalog
from workers.engines.samples import Samples
from workers.engines.stages import LOAD
from workers.engines.voice import Converted, Piece, Voice
from workers.wire.messages import AtomOrder, AtomOutcome, ConversionOrder, plain_error
from workers.worker.voices import LoadedVoices

#: Atoms fetched ahead of the one being converted, and results that may still be on their way out.
FETCH_AHEAD = 2
STORES_WAITING = 3

#: Seconds between tries to read an atom that arrived damaged: it may have been damaged on the way, not in the store.
READ_AGAIN = (0.5, 2.0)

#: Told a lease and what became of one of its atoms.
Tell = Callable[[str, AtomOutcome], None]


class _NotForUs(ConversionError):
    """The order is for a worker of another version."""


class _Damaged(ConversionError):
    """A prepared atom is missing or damaged."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    """An atom's samples, or none if its result is in the store already."""

    samples: Samples | None
    peak: float
    fetch: float
    decode: float


class _Left:
    """How many atoms of each lease are still to be told of."""

    def __init__(self, orders: Sequence[ConversionOrder], tell: Tell, end: Callable[[str], None]) -> None:
        self.atoms = {order.token: len(order.atoms) for order in orders}
        self.tell = tell
        self.end = end
        self.counting = Lock()

    def telling(self, token: str) -> Callable[[AtomOutcome], None]:
        """What tells of an atom of this lease, and of its end with the last one."""

        def told(outcome: AtomOutcome) -> None:
            self.tell(token, outcome)
            with self.counting:
                self.atoms[token] -= 1
            if not self.atoms[token]:
                self.end(token)

        return told


class Pipeline:
    """Runs leases, one at a time."""

    def __init__(
        self,
        store: ObjectStore,
        voices: LoadedVoices,
        give_up: Event,
        transfers: int = FETCH_AHEAD,
        *,
        near: bool = False,
    ) -> None:
        self.store = store
        self.voices = voices
        self.give_up = give_up
        self.near = near
        self.fetchers = ThreadPoolExecutor(min(FETCH_AHEAD, transfers), "fetch")
        self.storers = ThreadPoolExecutor(min(2, transfers), "store")

    def run(
        self,
        orders: Sequence[ConversionOrder],
        must_stop: Callable[[str], bool],
        tell: Tell,
        end: Callable[[str], None],
    ) -> None:
        """Convert the atoms of all orders, in order, until done or told to stop.

        Each atom's end is told, in any order; `end` is called with each lease once there is no more to tell of it.
        """
        storing: deque[Future[None]] = deque()
        since = time.perf_counter()
        left = _Left(orders, tell, end)
        for order, atom, fetching in self._fetched_ahead(orders, must_stop):
            told = left.telling(order.token)
            outcome, converted = self._attempt(order, atom, fetching)
            now = time.perf_counter()
            outcome = replace(outcome, busy=now - since, peak_memory_mb=peak_memory_mb())
            since = now
            if converted is None:
                told(outcome)
            else:
                storing.append(self.storers.submit(self._deliver, order, atom, converted, outcome, told))
            while len(storing) > STORES_WAITING:
                storing.popleft().result()
        for delivery in storing:
            delivery.result()

    def _fetched_ahead(
        self, orders: Sequence[ConversionOrder], must_stop: Callable[[str], bool]
    ) -> Iterator[tuple[ConversionOrder, AtomOrder, "Future[_Fetched]"]]:
        """Every atom that is still wanted with its fetch, while the fetches of the next ones are already running."""
        ahead: deque[tuple[ConversionOrder, AtomOrder, Future[_Fetched]]] = deque()
        coming = ((order, atom) for order in orders for atom in order.atoms if not must_stop(order.token))
        while True:
            while len(ahead) <= FETCH_AHEAD and (found := next(coming, None)) is not None:
                ahead.append((*found, self.fetchers.submit(self._fetch, *found)))
            if not ahead:
                return
            order, atom, fetching = ahead.popleft()
            if must_stop(order.token):
                fetching.cancel()
            else:
                yield order, atom, fetching

    def _fetch(self, order: ConversionOrder, atom: AtomOrder) -> _Fetched:
        try:
            return self._result_or_samples(order, atom)
        except NoSpace as error:
            # Here the store is full, not this machine.
            raise ObjectStoreError(str(error)) from error

    def _result_or_samples(self, order: ConversionOrder, atom: AtomOrder) -> _Fetched:
        began = time.perf_counter()
        if (peak := self._peak_of_result(order, atom)) is not None:
            return _Fetched(None, peak, time.perf_counter() - began, 0.0)
        key = keys.atom_key(order.atoms_prefix, atom.first, atom.last)
        for pause in READ_AGAIN:
            try:
                return self._read(key, order, atom, began)
            except _Damaged:
                if self.give_up.wait(pause):
                    raise
        return self._read(key, order, atom, began)

    def _read(self, key: str, order: ConversionOrder, atom: AtomOrder, began: float) -> _Fetched:
        """An atom's prepared samples; raises _Damaged if the store does not hold them as they were written."""
        try:
            data = patiently(lambda: self.store.get(key), self.give_up)
            fetched = time.perf_counter()
            samples, _ = atomfile.decode(data, frames=atom.last - atom.first, rate=order.rate_in, key=key)
        except (ObjectMissing, AudioError) as error:
            raise _Damaged(str(error)) from error
        return _Fetched(samples, 0.0, fetched - began, time.perf_counter() - fetched)

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

    def _attempt(
        self, order: ConversionOrder, atom: AtomOrder, fetching: "Future[_Fetched]"
    ) -> tuple[AtomOutcome, Samples | None]:
        """Convert one atom, not yet storing it; whatever goes wrong becomes its outcome, not the lease's."""
        blank = AtomOutcome(atom.number, Outcome.FAILED, (atom.stop - atom.start) / order.rate_in)
        try:
            fetched = fetching.result()
            blank = replace(blank, fetch=fetched.fetch, decode=fetched.decode)
            if fetched.samples is None:
                return replace(blank, outcome=Outcome.CACHED, peak=fetched.peak), None
            _require_version(order)
            began = time.perf_counter()
            voice = self.voices.get(order.engine, order.recipe)
            loaded = time.perf_counter()
            converted = _convert(voice, order, atom, fetched.samples)
            took, peak = time.perf_counter() - began, peak_of(converted.samples)
            load = loaded - began + converted.stages.get(LOAD, 0.0)
            stages = {**converted.stages, LOAD: load}
            done = replace(blank, outcome=Outcome.DONE, convert=took, stages=stages, peak=peak, error=converted.remark)
            return done, converted.samples
        except VoicefarmError as error:
            return replace(blank, outcome=_outcome_of(error), error=plain_error(error)), None
        except Exception as error:  # noqa: BLE001 - an engine may fail in any way, and the farm must go on
            what = plain_error(f"the engine {order.engine} broke: {type(error).__name__}: {error}")
            return replace(blank, error=what), None

    def _deliver(
        self,
        order: ConversionOrder,
        atom: AtomOrder,
        samples: Samples,
        outcome: AtomOutcome,
        tell: Callable[[AtomOutcome], None],
    ) -> None:
        """Encode and store one result, then report it; runs in parallel with the next conversion."""
        try:
            began = time.perf_counter()
            key = result_key(order, atom)
            data = atomfile.encode(samples, order.rate_voice, key=key, near=self.near)
            encoded = time.perf_counter()
            patiently(lambda: self.store.put(key, data, lasting=False), self.give_up, for_room=True)
            tell(replace(outcome, encode=encoded - began, store=time.perf_counter() - encoded))
        except NoSpace as error:
            # Here the store is full, for everybody, not this machine.
            tell(replace(outcome, outcome=Outcome.AWAY, error=plain_error(error)))
        except VoicefarmError as error:
            tell(replace(outcome, outcome=_outcome_of(error), error=plain_error(error)))
        except Exception as error:  # noqa: BLE001 - without an outcome the atom would be handed out again for ever
            what = plain_error(f"its result could not be stored: {type(error).__name__}: {error}")
            tell(replace(outcome, outcome=Outcome.FAILED, error=what))


def result_key(order: ConversionOrder, atom: AtomOrder) -> str:
    """The key of an atom's result, whichever worker makes it."""
    return keys.converted_key(order.converted_prefix, atom.start, atom.stop, atom.first, atom.last)


def _outcome_of(error: VoicefarmError) -> Outcome:
    """The outcome that says what is to blame: the atom, its prepared samples, or a server."""
    if isinstance(error, _Damaged):
        return Outcome.DAMAGED
    if isinstance(error, _NotForUs):
        return Outcome.AWAY
    # Waiting helps neither against a missing object nor against a full disk on this machine.
    is_away = isinstance(error, ServiceError) and not isinstance(error, ObjectMissing | NoSpace)
    return Outcome.AWAY if is_away else Outcome.FAILED


def _require_version(order: ConversionOrder) -> None:
    """Refuse a wrong version. Routing already prevents it, but a result under a wrong key would stay for ever."""
    known = catalog.engine(order.engine).version
    if known != order.engine_version:
        raise _NotForUs(
            f"this worker has version {known} of the engine {order.engine}, but the job wants {order.engine_version};"
            " bring all machines to the same version"
        )


def _convert(voice: Voice, order: ConversionOrder, atom: AtomOrder, samples: Samples) -> Converted:
    piece = Piece(samples, atom.first, atom.start, atom.stop, atom.out_start, atom.out_stop)
    converted = voice.convert(piece, order.settings)
    if len(converted.samples) != atom.out_stop - atom.out_start:
        raise ConversionError(
            f"the engine {order.engine} gave {len(converted.samples)} samples for an atom of"
            f" {atom.out_stop - atom.out_start}; this is a fault in the engine, please report it"
        )
    if not np.isfinite(converted.samples).all():
        raise ConversionError(f"the engine {order.engine} gave samples that are not finite; please report it")
    return converted


def peak_of(samples: Samples) -> float:
    """The magnitude of the loudest sample."""
    return float(np.max(np.abs(samples), initial=0.0))


def peak_memory_mb() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
