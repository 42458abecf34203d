"""Where the time went, stage by stage."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from storage.records.column_values import seconds_in
from storage.records.schema import AttemptRecord


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds of one stage, all workers together.

    The share is of the workers' busy time. Fetching and storing run beside the conversion, so shares may add up to
    more than one; leases wait while others are worked on, so waiting has no share.
    """

    name: str
    seconds: float
    share: float | None
    part_of: str | None = None
    """The stage that an engine's own stage is a part of."""


def stage_table(attempts: Sequence[AttemptRecord]) -> tuple[Stage, ...]:
    """The stages in the order in which an atom goes through them."""
    busy = sum(a.busy for a in attempts)

    def stage(name: str, seconds: float, part_of: str | None = None) -> Stage:
        return Stage(name, seconds, seconds / busy if busy > 0.0 else None, part_of)

    return (
        Stage("queue wait", _queue_wait(attempts), None),
        stage("fetch", sum(a.fetch for a in attempts)),
        stage("decode", sum(a.decode for a in attempts)),
        stage("convert", sum(a.convert for a in attempts)),
        *(stage(name, seconds, "convert") for name, seconds in _engine_stages(attempts).items()),
        stage("encode", sum(a.encode for a in attempts)),
        stage("store", sum(a.store for a in attempts)),
    )


def _queue_wait(attempts: Sequence[AttemptRecord]) -> float:
    """Every atom carries the wait of its lease, which is to be counted once."""
    return sum({a.token: a.queue_wait for a in attempts}.values())


def _engine_stages(attempts: Sequence[AttemptRecord]) -> dict[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for attempt in attempts:
        for name, took in seconds_in(attempt.stages).items():
            seconds[name] += float(took)
    return dict(seconds)
