"""Converts the atoms that fill a device together, not yet storing them; whatever goes wrong is one atom's outcome."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from storage.errors import ConversionError, NoSpace, ObjectMissing, ServiceError, VoicefarmError
from storage.records.states import Outcome
from workers.engines import catalog
from workers.engines.samples import Array, Samples
from workers.engines.stages import LOAD
from workers.engines.voice import Converted, Piece
from workers.wire.messages import AtomOrder, AtomOutcome, ConversionOrder, plain_error
from workers.worker.fetching import Damaged, Fetched, peak_of
from workers.worker.voices import LoadedVoices


class _NotForUs(ConversionError):
    """The order is for a worker of another version."""


class Coming(NamedTuple):
    """An atom that is still wanted, and its fetch."""

    order: ConversionOrder
    atom: AtomOrder
    fetching: "Future[Fetched]"

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.atom.stop - self.atom.start) / self.order.rate_in

    def goes_with(self, other: "Coming") -> bool:
        """Whether one voice converts both with the same settings, be they of one recording or of two."""
        ours, theirs = self.order, other.order
        return ours is theirs or (
            (ours.engine, ours.engine_version, ours.recipe, ours.settings)
            == (theirs.engine, theirs.engine_version, theirs.recipe, theirs.settings)
        )


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of an atom, and its samples if they are still to be stored."""

    coming: Coming
    outcome: AtomOutcome
    samples: Samples | None = None
    known: Mapping[str, Array] = field(default_factory=dict)
    """What was found out of it for the next voice."""


class _Ready(NamedTuple):
    """An atom that is there to be converted, and what is known of its outcome."""

    coming: Coming
    blank: AtomOutcome
    samples: Samples
    known: Mapping[str, Array] | None

    @property
    def piece(self) -> Piece:
        atom = self.coming.atom
        where = (atom.first, atom.start, atom.stop, atom.out_start, atom.out_stop)
        return Piece(self.samples, *where, known=self.known)


def attempts(voices: LoadedVoices, group: Sequence[Coming]) -> Iterator[Attempted]:
    """Convert atoms that go with each other; yields each as soon as it is known what became of it."""
    ready = []
    for coming in group:
        blank = AtomOutcome(coming.atom.number, Outcome.FAILED, coming.seconds)
        try:
            fetched = coming.fetching.result()
            blank = replace(blank, fetch=fetched.fetch, decode=fetched.decode)
            if fetched.samples is None:
                yield Attempted(coming, replace(blank, outcome=Outcome.CACHED, peak=fetched.peak))
                continue
            _require_version(coming.order)
            ready.append(_Ready(coming, blank, fetched.samples, fetched.known))
        except Exception as error:  # noqa: BLE001 - reading may fail in any way, and the farm must go on
            yield Attempted(coming, _failed(coming.order, blank, error))
    yield from _converted(voices, ready)


def _converted(voices: LoadedVoices, ready: Sequence[_Ready]) -> Iterator[Attempted]:
    """Convert what is ready. Where one atom makes an engine fail, all that are left are tried one by one."""
    if not ready:
        return
    done = 0
    order, began = ready[0].coming.order, time.perf_counter()
    try:
        voice = voices.get(order.engine, order.recipe)
        load = time.perf_counter() - began
        found = voice.convert_all([one.piece for one in ready], order.settings)
        for one, converted in zip(ready, found, strict=True):
            _check(one.coming, converted)
            took = time.perf_counter() - began
            yield _done(one, converted, took, load)
            done, began, load = done + 1, time.perf_counter(), 0.0
    except Exception as error:  # noqa: BLE001 - an engine may fail in any way, and the farm must go on
        left = ready[done:]
        if len(left) == 1:
            yield Attempted(left[0].coming, _failed(order, left[0].blank, error))
            return
        for one in left:
            yield from _converted(voices, [one])


def _done(one: _Ready, converted: Converted, took: float, load: float) -> Attempted:
    stages = {**converted.stages, LOAD: load + converted.stages.get(LOAD, 0.0)}
    outcome = replace(
        one.blank, outcome=Outcome.DONE, convert=took, stages=stages, peak=peak_of(converted.samples),
        error=converted.remark,
    )  # fmt: skip
    return Attempted(one.coming, outcome, converted.samples, converted.known)


def _failed(order: ConversionOrder, blank: AtomOutcome, error: Exception) -> AtomOutcome:
    if isinstance(error, VoicefarmError):
        return replace(blank, outcome=outcome_of(error), error=plain_error(error))
    what = plain_error(f"the engine {order.engine} broke: {type(error).__name__}: {error}")
    return replace(blank, error=what)


def outcome_of(error: VoicefarmError) -> Outcome:
    """The outcome that says what is to blame: the atom, its prepared samples, or a server."""
    if isinstance(error, Damaged):
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


def _check(coming: Coming, converted: Converted) -> None:
    engine, atom = coming.order.engine, coming.atom
    if len(converted.samples) != atom.out_stop - atom.out_start:
        raise ConversionError(
            f"the engine {engine} gave {len(converted.samples)} samples for an atom of"
            f" {atom.out_stop - atom.out_start}; this is a fault in the engine, please report it"
        )
    if not np.isfinite(converted.samples).all():
        raise ConversionError(f"the engine {engine} gave samples that are not finite; please report it")
