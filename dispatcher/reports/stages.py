"""Where the time went, stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.jobs.totals import AttemptTotal, add_seconds


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


def stage_table(totals: Sequence[AttemptTotal]) -> tuple[Stage, ...]:
    """The stages in the order in which an atom goes through them."""
    busy = sum(t.busy for t in totals)

    def stage(name: str, seconds: float, part_of: str | None = None) -> Stage:
        return Stage(name, seconds, seconds / busy if busy > 0.0 else None, part_of)

    return (
        Stage("queue wait", sum(t.queue_wait for t in totals), None),
        stage("fetch", sum(t.fetch for t in totals)),
        stage("decode", sum(t.decode for t in totals)),
        stage("convert", sum(t.convert for t in totals)),
        *(stage(name, seconds, "convert") for name, seconds in add_seconds(t.stages for t in totals).items()),
        stage("encode", sum(t.encode for t in totals)),
        stage("store", sum(t.store for t in totals)),
    )
