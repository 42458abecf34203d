"""Messages between dispatcher and workers, as a broken or hostile worker might write them."""

import dataclasses
import json
from pathlib import Path
from random import Random
from typing import Any, get_args, get_origin, get_type_hints

from storage import errors
from storage.records.states import WorkerState
from testing.fuzz.door import Door, Seeds
from testing.fuzz.oddities import changed_json
from workers.wire.messages import (
    AtomOrder,
    AtomOutcome,
    Bundle,
    BundleReport,
    ConversionOrder,
    Heartbeat,
    LeaseReport,
    MeasuringOrder,
    MeasuringReport,
    Message,
)

#: The only error with which a message may be dropped.
REFUSAL: type[errors.VoicefarmError] = errors.BadMessage
_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind
    for kind in (ConversionOrder, LeaseReport, Heartbeat, Bundle, BundleReport, MeasuringOrder, MeasuringReport)
}
_INCARNATION = "8f14e45fceea467f9a1b5b7e7c9d3a21"
_TOKEN = "c9f0f895fb98ab9159f51fd0297e236d"
_PREFIX = "ab" * 16
#: Characters that no field may have; every bound is below this.
_LONGEST = 20_000
#: Characters at which an input stops growing.
_LONG_ENOUGH = 1_000_000
_NOT_BELOW_ZERO = {"job_id", "pid", "audio_seconds", "busy", "convert", "peak", "memory_mb", "rate_in", "rate_voice"}


def sound_messages() -> list[Message]:
    """One of each kind, as the farm sends them."""
    atoms = tuple(AtomOrder(n, n * 480_000, (n + 1) * 480_000, n * 480_000, (n + 1) * 480_000, 0, 1) for n in range(2))
    order = ConversionOrder(
        token=_TOKEN, job_id=7, engine="world", engine_version="3", recipe={"pitch": 4.0},
        settings={"pitch": 2.0, "seed": 1}, rate_in=48_000, rate_voice=48_000, atoms_prefix=f"atoms/{_PREFIX}",
        converted_prefix=f"converted/{_PREFIX}", atoms=atoms,
    )  # fmt: skip
    report = LeaseReport(
        token=_TOKEN, incarnation=_INCARNATION, is_over=False,
        outcomes=(AtomOutcome(0, "done", 30.0, peak=0.5, convert=1.5, stages={"pitch": 0.7}, busy=2.0),
                  AtomOutcome(1, "failed", 30.0, error="the engine gave up")),
    )  # fmt: skip
    beat = Heartbeat(
        incarnation=_INCARNATION, name="studio-1", queue="convert.cpu.x86+a", capability="cpu", device="a device",
        offers=("world.v3", "cpu"), engines={"world": "3"}, host="studio", pid=4711, state=WorkerState.BUSY,
        holding=(_TOKEN,), memory_mb=512.0, own_queue="convert.cpu.x86+a@0123456789ab",
    )  # fmt: skip
    bundle = Bundle(_TOKEN, (json.loads(json.dumps(order.to_json())),))
    measuring = MeasuringOrder(_TOKEN, is_short=False, suites=("world", "storage"))
    found = MeasuringReport(_TOKEN, _INCARNATION, {"schema_version": 1, "figures": [{"values": [1.0, 2.0]}]})
    return [order, report, beat, bundle, BundleReport(_TOKEN, _INCARNATION, (report,)), measuring, found]


def seeds() -> dict[str, bytes]:
    """The good messages as bytes."""
    return {type(message).__name__: _written(type(message).__name__, message.to_json()) for message in sound_messages()}


def make(random: Random, seeds: Seeds) -> bytes:
    """One of them with one to three places changed, sometimes as another kind of message."""
    said = json.loads(random.choice(list(seeds.values())))
    message = said["message"]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        message = changed_json(message, random)
        if len(json.dumps(message)) > _LONG_ENOUGH:
            # A part that was repeated a thousand times must not be repeated a thousand times again.
            break
    return _written(random.choice(list(seeds)) if random.random() < 0.05 else said["kind"], message)


def read(content: bytes, folder: Path) -> object:
    """The message, which must be frozen, complete and the same when sent on; else a refusal."""
    said = json.loads(content)
    kind = _KINDS[said["kind"]]
    message = kind.from_json(said["message"])
    assert type(message) is kind
    _check_parts(message)
    again = json.loads(json.dumps(message.to_json(), allow_nan=False))
    assert kind.from_json(again) == message, "it changes when it is sent on"
    return message


def _check_parts(value: Any) -> None:
    """Check that everything in it has the right type, cannot be changed, and has a possible size and sign."""
    kinds = get_type_hints(type(value))
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        assert _is_of(kinds[field.name], inner), f"{field.name} is {inner!r:.80}"
        assert not isinstance(inner, str) or len(inner) < _LONGEST, f"{field.name} has {len(inner)} characters"
        assert not field.name.endswith("_prefix") or ".." not in inner.split("/"), f"{field.name} leads outside"
        assert field.name not in _NOT_BELOW_ZERO or inner >= 0, f"{field.name} is {inner}"
        for part in inner if isinstance(inner, tuple) else ():
            if dataclasses.is_dataclass(part):
                _check_parts(part)


def _is_of(kind: Any, value: object) -> bool:
    if kind in (int, float) and isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, int | float)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_is_of(get_args(kind)[0], part) for part in value)
    return not isinstance(kind, type) or isinstance(value, kind)


def _written(kind: str, message: object) -> bytes:
    # This allows NaN and infinity, as Celery's JSON does.
    return json.dumps({"kind": kind, "message": message}).encode()


DOOR = Door("messages", seeds, make, read, REFUSAL)
