"""Anything but a valid message is refused at the door, with a sentence and nothing else."""

import json
import math
from dataclasses import MISSING, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import BadMessage
from storage.records.states import WorkerState
from workers.wire.messages import (
    VERSION,
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
    plain_error,
)

BEAT = Heartbeat(
    "a" * 32, "cpu.x-1@here", "convert.cpu.x+studio-a", "cpu", "AMD EPYC", ("cpu", "cpu.x", "world.v2"),
    {"world": "2"}, "here", 7, WorkerState.BUSY, ("b" * 32,), 312.5, 4,
)  # fmt: skip
REPORT = LeaseReport("b" * 32, "a" * 32, (AtomOutcome(3, "done", 20.0, stages={"pitch": 1.5}, peak=0.5),), is_over=True)
ORDER = ConversionOrder(
    "b" * 32, 1, "world", "2", {"pitch": 4}, {"seed": 0}, 16_000, 24_000, "atoms/" + "a" * 32, "converted/" + "b" * 32,
    (AtomOrder(0, 0, 100, 0, 120, 0, 150),),
)  # fmt: skip
BUNDLE = Bundle("b" * 28, tuple(json.loads(json.dumps(ORDER.to_json())) for _ in range(2)))
NEWS = BundleReport("b" * 28, "a" * 32, (REPORT, REPORT))
MEASURE = MeasuringOrder("b" * 32, is_short=False, suites=("world",))
MEASURED = MeasuringReport("b" * 32, "a" * 32, {"figures": [1.5]})
MESSAGES = [BEAT, REPORT, ORDER, BUNDLE, NEWS, MEASURE, MEASURED]


def travelled(message: object) -> Any:
    """A message as it comes out of a queue."""
    return json.loads(json.dumps(message))


@pytest.mark.parametrize("message", MESSAGES)
def test_what_is_sent_comes_back_the_same(message: Message) -> None:
    assert type(message).from_json(travelled(message.to_json())) == message


@pytest.mark.parametrize("message", MESSAGES)
def test_fields_of_a_newer_version_are_ignored(message: Message) -> None:
    assert type(message).from_json({**travelled(message.to_json()), "colour": "blue"}) == message


@pytest.mark.parametrize("message", MESSAGES)
@given(data=st.data())
def test_machines_of_two_versions_understand_each_other(message: Message, data: st.DataObject) -> None:
    sent = travelled(message.to_json())
    optional = [f.name for f in fields(message) if f.default is not MISSING or f.default_factory is not MISSING]
    missing = data.draw(st.sets(st.sampled_from(optional)))
    added = data.draw(st.dictionaries(st.from_regex("new_[a-z]{1,8}", fullmatch=True), st.integers() | st.text()))
    read = type(message).from_json({**{n: v for n, v in sent.items() if n not in missing}, **added})
    for field in fields(message):
        if field.name not in missing:
            assert getattr(read, field.name) == getattr(message, field.name)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_without_a_version_is_of_the_first(message: Message) -> None:
    sent = travelled(message.to_json())
    assert sent.pop("version") == VERSION
    assert type(message).from_json(sent).version == 1


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_only_a_newer_program_may_read_is_set_aside(message: Message) -> None:
    newer = {**travelled(message.to_json()), "version": VERSION + 2}
    assert type(message).from_json(newer).version == VERSION + 2
    with pytest.raises(BadMessage, match=f"needs at least version {VERSION + 1}.*upgrade this machine"):
        type(message).from_json({**newer, "readable_from": VERSION + 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"offers": [{"a": 1}]},
        {"offers": "cpu"},
        {"offers": ["x" * 1000]},
        {"offers": ["cpu"] * 1000},
        {"device": "d" * 200_000},
        {"device": "\0"},
        {"device": "\ud800"},
        {"name": "a\x1b[2J@host"},
        {"engines": {"world": {"a": 1}}},
        {"engines": 5},
        {"queue": "dispatcher"},
        {"queue": "convert.../x"},
        {"capability": "tpu"},
        {"state": "asleep"},
        {"state": "lost"},
        {"holding": ["t"] * 1000},
        {"holding": [5]},
        {"pid": -1},
        {"name": "w@host\n"},
        {"capability": "cpu\n"},
        {"offers": ["cpu\n"]},
        {"incarnation": "a" * 32 + "\n"},
        {"pid": True},
        {"memory_mb": math.inf},
        {"memory_mb": math.nan},
        {"incarnation": "'; DROP TABLE jobs"},
        {"incarnation": None},
    ],
)
def test_a_malformed_heartbeat_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadMessage, match="a Heartbeat is malformed"):
        Heartbeat.from_json({**travelled(BEAT.to_json()), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"audio_seconds": math.inf},
        {"audio_seconds": -1.0},
        {"busy": math.nan},
        {"peak": 1e30},
        {"number": -1},
        {"number": 1e9},
        {"outcome": "DONE"},
        {"outcome": 5},
        {"stages": [1]},
        {"stages": {"a": "b"}},
        {"stages": {str(n): 1.0 for n in range(1000)}},
        {"error": "e" * 100_000},
        {"peak_memory_mb": "much"},
    ],
)
def test_a_malformed_report_is_refused(changes: dict[str, Any]) -> None:
    message = travelled(REPORT.to_json())
    message["outcomes"][0].update(changes)
    with pytest.raises(BadMessage, match="a LeaseReport is malformed"):
        LeaseReport.from_json(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"atoms_prefix": "../../etc"},
        {"converted_prefix": "packages/" + "a" * 32},
        {"rate_in": 0},
        {"rate_voice": 10**9},
        {"atoms": []},
        {"atoms": [{"number": 0, "start": 9, "stop": 1, "first": 0, "last": 9, "out_start": 0, "out_stop": 1}]},
        {"atoms": [{"number": 0, "start": 0, "stop": 1, "first": 0, "last": 10**12, "out_start": 0, "out_stop": 1}]},
        {"atoms": [{"number": 0, "start": 0, "stop": 1, "first": 0, "last": 1, "out_start": 0, "out_stop": 10**12}]},
        {"recipe": []},
        {"recipe": {"pitch": math.inf}},
        {"settings": {"pitch": [1.0, {"a": math.nan}]}},
        {"token": "x" * 33},
    ],
)
def test_a_malformed_order_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadMessage, match="a ConversionOrder is malformed"):
        ConversionOrder.from_json({**travelled(ORDER.to_json()), **changes})


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_without_a_field_it_needs_is_refused(message: Message) -> None:
    needed = [f.name for f in fields(message) if f.default is MISSING and f.default_factory is MISSING]
    assert needed
    for name in needed:
        with pytest.raises(BadMessage):
            type(message).from_json({n: v for n, v in travelled(message.to_json()).items() if n != name})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=10,
)


@given(message=ANYTHING, kind=st.sampled_from([type(message) for message in MESSAGES]))
def test_whatever_arrives_is_a_message_or_refused(message: object, kind: type[Message]) -> None:
    with pytest.raises(BadMessage):
        kind.from_json(message)


@given(message=st.sampled_from(MESSAGES), data=st.data())
def test_one_field_of_any_kind_makes_a_message_or_is_refused(message: Message, data: st.DataObject) -> None:
    changed = message.to_json()
    changed[data.draw(st.sampled_from(sorted(changed)))] = data.draw(ANYTHING)
    try:
        taken = type(message).from_json(changed)
    except BadMessage:
        return
    assert isinstance(taken, type(message))


@pytest.mark.parametrize(
    "changes", [{"found": {"values": [1.0, math.nan]}}, {"found": [1]}, {"error": "\0"}, {"token": "two words"}]
)
def test_a_malformed_measurement_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadMessage, match="a MeasuringReport is malformed"):
        MeasuringReport.from_json({**travelled(MEASURED.to_json()), **changes})


@pytest.mark.parametrize("queue", ["dispatcher", "convert.", "convert.cpu.x@ab cd", "split", "convert.cpu\0"])
def test_a_worker_s_own_queue_is_one_for_conversions(queue: str) -> None:
    with pytest.raises(BadMessage, match="a Heartbeat is malformed"):
        Heartbeat.from_json({**travelled(BEAT.to_json()), "own_queue": queue})


def test_an_error_is_made_fit_to_be_sent() -> None:
    said = plain_error("NUL \0, half a character \ud800, and much more " + "x" * 100_000)
    report = LeaseReport("t", "i", (AtomOutcome(0, "failed", 1.0, error=said),), is_over=True)
    assert LeaseReport.from_json(travelled(report.to_json())) == report


def test_a_refusal_does_not_repeat_all_that_was_sent() -> None:
    with pytest.raises(BadMessage, match="a Heartbeat is malformed") as refused:
        Heartbeat.from_json({**travelled(BEAT.to_json()), "state": "x" * 100_000})
    assert len(str(refused.value)) < 1_000
