"""Runs one lease from end to end: fetch, convert and store overlap, so that the device never waits for the network."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock

from storage.audio import atomfile
from storage.errors import NoSpace, VoicefarmError
from storage.objects.patience import patiently
from storage.objects.store import ObjectStore
from storage.records.states import Outcome
from workers.engines import catalog
from workers.engines.probe import peak_memory_mb
from workers.engines.samples import Samples
from workers.wire.messages import AtomOutcome, ConversionOrder, plain_error
from workers.worker.attempt import Attempted, Coming, attempts, outcome_of
from workers.worker.fetching import Fetcher, result_key
from workers.worker.keeping import Keeping
from workers.worker.voices import LoadedVoices

#: Atoms fetched ahead of those being converted, at the least and at the most; and results that may still be on their
#: way out.
FETCH_AHEAD, MOST_AHEAD = 2, 64
STORES_WAITING = 3

#: Told a lease and what became of one of its atoms.
Tell = Callable[[str, AtomOutcome], None]


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
        keeps: bool = False,
    ) -> None:
        self.store = store
        self.voices = voices
        self.give_up = give_up
        self.near = near
        self.keeping = Keeping(store, is_on=keeps)
        self.fetcher = Fetcher(store, give_up, self.keeping)
        self.fetchers = ThreadPoolExecutor(self._fetching(transfers), "fetch")
        self.storers = ThreadPoolExecutor(min(2, transfers), "store")

    def _fetching(self, transfers: int) -> int:
        """How many atoms are fetched at a time: two do for one machine that converts one after the other."""
        is_quick = any(e.seconds_together(self.voices.capability) for e in catalog.engines())
        return transfers if is_quick else min(FETCH_AHEAD, transfers)

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
        for group in self._groups(orders, must_stop):
            for one in attempts(self.voices, group):
                told = left.telling(one.coming.order.token)
                now = time.perf_counter()
                outcome = replace(one.outcome, busy=now - since, peak_memory_mb=peak_memory_mb())
                since = now
                if one.samples is None:
                    told(outcome)
                else:
                    storing.append(self.storers.submit(self._deliver, one, one.samples, outcome, told))
                while len(storing) > STORES_WAITING:
                    storing.popleft().result()
        for delivery in storing:
            delivery.result()

    def _groups(self, orders: Sequence[ConversionOrder], must_stop: Callable[[str], bool]) -> Iterator[list[Coming]]:
        """Every atom that is still wanted, with those that its engine had best convert together with it."""
        group: list[Coming] = []
        for coming in self._fetched_ahead(orders, must_stop):
            if group and not coming.goes_with(group[0]):
                yield group
                group = []
            group.append(coming)
            if sum(one.seconds for one in group) >= self._together(coming.order):
                yield group
                group = []
        if group:
            yield group

    def _together(self, order: ConversionOrder) -> float:
        """Seconds of audio that the order's engine had best convert at once; an engine that is not here fails later."""
        if order.engine not in catalog.engine_names():
            return 0.0
        return catalog.engine(order.engine).seconds_together(self.voices.capability)

    def _fetched_ahead(self, orders: Sequence[ConversionOrder], must_stop: Callable[[str], bool]) -> Iterator[Coming]:
        """Every atom that is still wanted with its fetch, while the fetches of the next ones are already running."""
        ahead: deque[Coming] = deque()
        coming = ((order, atom) for order in orders for atom in order.atoms if not must_stop(order.token))
        while True:
            while self._has_room(ahead) and (found := next(coming, None)) is not None:
                ahead.append(Coming(*found, self.fetchers.submit(self.fetcher.fetch, *found)))
            if not ahead:
                return
            first = ahead.popleft()
            if must_stop(first.order.token):
                first.fetching.cancel()
            else:
                yield first

    def _has_room(self, ahead: Sequence[Coming]) -> bool:
        """Whether more is to be fetched ahead: what is converted at once, and as much again, but some atoms always."""
        if len(ahead) <= FETCH_AHEAD:
            return True
        seconds = sum(one.seconds for one in ahead)
        return len(ahead) < MOST_AHEAD and seconds < 2.0 * self._together(ahead[0].order)

    def _deliver(
        self, one: Attempted, samples: Samples, outcome: AtomOutcome, tell: Callable[[AtomOutcome], None]
    ) -> None:
        """Encode and store one result, then report it; runs in parallel with the next conversion."""
        stored = self._stored(one, samples, outcome)
        tell(stored)
        if stored.outcome == Outcome.DONE:
            self.keeping.keep(one.coming.order, one.coming.atom, one.known)

    def _stored(self, one: Attempted, samples: Samples, outcome: AtomOutcome) -> AtomOutcome:
        try:
            began, order = time.perf_counter(), one.coming.order
            key = result_key(order, one.coming.atom)
            data = atomfile.encode(samples, order.rate_voice, key=key, near=self.near)
            encoded = time.perf_counter()
            patiently(lambda: self.store.put(key, data, lasting=False), self.give_up, for_room=True)
            return replace(outcome, encode=encoded - began, store=time.perf_counter() - encoded)
        except NoSpace as error:
            # Here the store is full, for everybody, not this machine.
            return replace(outcome, outcome=Outcome.AWAY, error=plain_error(error))
        except VoicefarmError as error:
            return replace(outcome, outcome=outcome_of(error), error=plain_error(error))
        except Exception as error:  # noqa: BLE001 - without an outcome the atom would be handed out again for ever
            what = plain_error(f"its result could not be stored: {type(error).__name__}: {error}")
            return replace(outcome, outcome=Outcome.FAILED, error=what)
