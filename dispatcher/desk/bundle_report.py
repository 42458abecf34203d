"""A worker's report of many leases at once: those of which everything was done are taken in together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, update

from dispatcher.desk.report import (
    Finished,
    Lease,
    Reporter,
    attempt,
    count_done,
    is_theirs,
    learn_speed,
    locked_leases,
    take_report,
    trusted_reporter,
    working_seconds,
    write_attempts,
)
from dispatcher.jobs.holding import IS_LIVE, held_by_any
from dispatcher.turns.turn import Turn
from storage.errors import BadMessage
from storage.records.rows import columns, read_rows
from storage.records.schema import AtomRecord, LeaseRecord
from storage.records.states import GOOD, AtomState, LeaseState, Outcome
from workers.wire.messages import AtomOutcome, BundleReport, LeaseReport
from workers.wire.signing import UNSIGNED, Trust


@dataclass(frozen=True, slots=True)
class _Done:
    """A lease of which every atom was done, and what is said of them."""

    lease: Lease
    outcomes: Sequence[AtomOutcome]


def take_bundle_report(turn: Turn, report: BundleReport, trust: Trust = UNSIGNED) -> None:
    """Record a report of several leases, with the same result as if they had been reported one by one."""
    reporter = trusted_reporter(turn.connection, report.incarnation, trust)
    leases = locked_leases(turn.connection, [one.token for one in report.reports])
    done: list[_Done] = []
    for one in report.reports:
        if one.incarnation != report.incarnation:
            raise BadMessage(f"a report of the bundle {report.token} speaks for another worker")
        lease = leases.get(one.token)
        if lease is not None and is_theirs(lease, one.incarnation, reporter) and _is_all_done(lease, one):
            done.append(_Done(lease, one.outcomes))
        else:
            take_report(turn, one, trust)
    if done:
        _take_in(turn, report.incarnation, reporter, done)


def _is_all_done(lease: Lease, report: LeaseReport) -> bool:
    """Whether a lease was worked on from beginning to end, and nothing went wrong with any atom."""
    numbers = [outcome.number for outcome in report.outcomes]
    return (
        report.is_over
        and all(outcome.outcome in GOOD for outcome in report.outcomes)
        and sorted(numbers) == list(range(lease.first_number, lease.last_number + 1))
    )


def _take_in(turn: Turn, incarnation: str, reporter: Reporter | None, done: Sequence[_Done]) -> None:
    finished = _finish_atoms(turn, [x.lease for x in done])
    attempts = [
        attempt(turn, x.lease, incarnation, reporter, outcome, [atom.number for atom in finished[x.lease.job_id]])
        for x in done
        for outcome in x.outcomes
    ]
    write_attempts(turn, attempts)
    _learn_speeds(turn, done, finished)
    _end_leases(turn, incarnation, [x.lease.token for x in done])
    good: dict[str, dict[int, list[AtomOutcome]]] = defaultdict(lambda: defaultdict(list))
    for x in done:
        if finished[x.lease.job_id]:
            good[x.lease.kind][x.lease.job_id] += x.outcomes
    for kind, by_job in sorted(good.items()):
        count_done(turn, kind, finished, by_job)


def _finish_atoms(turn: Turn, leases: Iterable[Lease]) -> dict[int, list[Finished]]:
    """Mark as done all atoms that these leases, or those that they copy, still hold; by job."""
    tokens, job_ids = [x.token for x in leases], {x.job_id for x in leases}
    found: dict[int, list[Finished]] = defaultdict(list)
    for atom in read_rows(
        turn.connection,
        Finished,
        update(AtomRecord)
        .where(AtomRecord.job_id.in_(job_ids), held_by_any(tokens))
        .values(state=AtomState.DONE)
        .returning(*columns(Finished, AtomRecord)),
    ):
        found[atom.job_id].append(atom)
    return found


def _learn_speeds(turn: Turn, done: Iterable[_Done], finished: dict[int, list[Finished]]) -> None:
    """Learn from what was really converted, and was not late."""
    audio: dict[tuple[str, str], float] = defaultdict(float)
    busy: dict[tuple[str, str], float] = defaultdict(float)
    for x in done:
        lengths = {atom.number: atom.stop - atom.start for atom in finished[x.lease.job_id]}
        for outcome in x.outcomes:
            if outcome.outcome == Outcome.DONE and outcome.number in lengths:
                audio[x.lease.queue, x.lease.engine] += lengths[outcome.number] / x.lease.rate_in
                busy[x.lease.queue, x.lease.engine] += working_seconds(outcome)
    for (queue, engine), seconds in audio.items():
        learn_speed(turn, queue, engine, seconds, busy[queue, engine])


def _end_leases(turn: Turn, incarnation: str, tokens: Sequence[str]) -> None:
    turn.connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token.in_(tokens), IS_LIVE)
        .values(
            state=LeaseState.FINISHED,
            worker=incarnation,
            started_at=func.coalesce(LeaseRecord.started_at, turn.now),
            heard_at=turn.now,
            ended_at=turn.now,
        )
    )
    # A copy outlives its original and becomes a lease like any other.
    turn.connection.execute(update(LeaseRecord).where(LeaseRecord.copy_of.in_(tokens)).values(copy_of=None))
    turn.feed_next()
