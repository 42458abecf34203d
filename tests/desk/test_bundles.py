"""Leases of short jobs travel together, and everything else is as if each had been sent alone."""

from collections.abc import Sequence

import pytest
from sqlalchemy import insert, select

from dispatcher.desk.bundle_report import take_bundle_report
from dispatcher.feed.leasing import feed
from dispatcher.jobs.ending import cancel_job
from dispatcher.kinds.conversion import STITCH
from dispatcher.turns.messenger import letters, told
from dispatcher.turns.turn import Followups, Issued, Turn
from storage.errors import BadMessage
from storage.records.schema import AtomRecord, AttemptRecord, LeaseRecord, SpeedRecord
from tests.desk.conftest import DeskModel
from workers.wire.messages import MOST_TOGETHER, AtomOutcome, BundleReport, ConversionOrder, LeaseReport


@pytest.fixture
def bundling(desk: DeskModel) -> DeskModel:
    """A desk that knows how fast its one class of machines is, whose workers take bundles."""
    with desk.database.writing() as connection:
        connection.execute(
            insert(SpeedRecord).values(
                queue="convert.cpu.x", engine="through", audio=6_000.0, busy=60.0, updated_at=desk.now
            )
        )
    desk.beat("w1", most_leases=MOST_TOGETHER)
    return desk


def issued(desk: DeskModel) -> list[Issued]:
    with desk.database.deciding() as connection:
        turn = Turn(connection, desk.now, desk.settings)
        feed(turn)
    return turn.followups.leases


def job_of(lease: Issued) -> int:
    assert isinstance(lease.order, ConversionOrder)
    return lease.order.job_id


def report(
    desk: DeskModel, leases: Sequence[Issued], *outcomes: str, worker: str = "w1", over: bool = True
) -> Followups:
    told = [
        LeaseReport(
            lease.order.token,
            worker,
            (AtomOutcome(0, outcome, 20.0, error="it broke" if outcome == "failed" else None, busy=0.2, peak=0.5),),
            over,
        )
        for lease, outcome in zip(leases, outcomes, strict=True)
    ]
    with desk.writing() as turn:
        take_bundle_report(turn, BundleReport(str(leases[0].bundle), worker, tuple(told)))
    return turn.followups


def attempts(desk: DeskModel) -> list[tuple[int, str]]:
    with desk.database.reading() as connection:
        rows = connection.execute(select(AttemptRecord.job_id, AttemptRecord.outcome).order_by(AttemptRecord.job_id))
        return [(job_id, outcome) for job_id, outcome in rows]


def test_short_jobs_share_a_message_and_are_worked_on_in_order(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(6)]
    leases = issued(bundling)
    assert [job_of(lease) for lease in leases] == jobs
    assert len({lease.bundle for lease in leases}) == 1
    assert sorted(lease.order.token for lease in leases) == [lease.order.token for lease in leases]
    assert {bundling.row(job).atoms_waiting for job in jobs} == {0}
    assert [name for name, _ in letters(leases).items()] == [leases[0].bundle]


def test_a_worker_of_before_gets_every_lease_by_itself(bundling: DeskModel) -> None:
    bundling.beat("old", most_leases=1)
    for _ in range(6):
        bundling.job(atoms=1)
    assert {lease.bundle for lease in issued(bundling)} == {None}


def test_jobs_of_another_voice_or_priority_do_not_go_along(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1), bundling.job(atoms=1, voice="other"), bundling.job(atoms=1, priority=8)]
    alike = bundling.job(atoms=1)
    first = issued(bundling)
    assert [job_of(lease) for lease in first if lease.bundle] == [jobs[0], alike]


def test_a_long_job_does_not_go_along_with_short_ones(bundling: DeskModel) -> None:
    short, long = bundling.job(atoms=1), bundling.job(atoms=200)
    assert {job_of(lease): lease.bundle for lease in issued(bundling)} == {short: None, long: None}


def test_one_report_completes_all_its_jobs(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(4)]
    leases = issued(bundling)
    followups = report(bundling, leases, *["done"] * 4)
    assert followups.asked_for(STITCH) == jobs
    for job in jobs:
        row = bundling.row(job)
        assert (row.state, row.atoms_done, row.seconds_done, row.peak) == ("stitching", 1, 20.0, 0.5)
    assert attempts(bundling) == [(job, "done") for job in jobs]
    assert bundling.lease_states() == ["finished"] * 4
    with bundling.database.reading() as connection:
        learnt = connection.execute(select(SpeedRecord.audio, SpeedRecord.busy)).one()
    assert learnt.audio == pytest.approx(6_000.0 * 0.5 ** (0.8 / 60.0) + 80.0)


def test_an_atom_that_failed_harms_no_other_job_of_its_bundle(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(3)]
    leases = issued(bundling)
    followups = report(bundling, leases, "done", "failed", "done")
    assert followups.asked_for(STITCH) == [jobs[0], jobs[2]]
    assert bundling.atom_states(jobs[1]) == ["waiting"]
    assert attempts(bundling) == [(jobs[0], "done"), (jobs[1], "failed"), (jobs[2], "done")]


def test_reporting_a_bundle_twice_counts_once(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(2)]
    leases = issued(bundling)
    report(bundling, leases, "done", "done")
    assert report(bundling, leases, "done", "done").asked_for(STITCH) == []
    assert [bundling.row(job).atoms_done for job in jobs] == [1, 1]


def test_cancelling_one_job_drops_its_lease_alone(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(3)]
    leases = issued(bundling)
    with bundling.writing() as turn:
        cancel_job(turn, jobs[1])
    assert [drop.token for drop in turn.followups.drops] == [leases[1].order.token]
    assert report(bundling, leases, *["done"] * 3).asked_for(STITCH) == [jobs[0], jobs[2]]
    assert bundling.row(jobs[1]).state == "cancelled"


def test_a_heartbeat_that_names_the_bundle_renews_all_of_its_leases(bundling: DeskModel) -> None:
    for _ in range(3):
        bundling.job(atoms=1)
    bundle = str(issued(bundling)[0].bundle)
    for _ in range(8):
        bundling.now += 2.0
        assert bundling.beat("w1", holding=(bundle,), most_leases=MOST_TOGETHER).drops == []
        bundling.tick(0.0, there=[])
    assert bundling.lease_states() == ["running"] * 3


def test_a_bundle_that_is_over_is_to_be_dropped_by_whoever_still_names_it(bundling: DeskModel) -> None:
    for _ in range(2):
        bundling.job(atoms=1)
    leases = issued(bundling)
    report(bundling, leases, "done", "done")
    drops = bundling.beat("w1", holding=(str(leases[0].bundle),), most_leases=MOST_TOGETHER).drops
    assert [drop.token for drop in drops] == [leases[0].bundle]


def test_of_a_lost_workers_bundle_only_the_atom_in_hand_is_blamed(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(4)]
    leases = issued(bundling)
    bundling.beat("w1", holding=(str(leases[0].bundle),), most_leases=MOST_TOGETHER)
    report(bundling, leases[:1], "done")
    bundling.tick(11.0, there=[])
    with bundling.database.reading() as connection:
        tries = connection.execute(select(AtomRecord.job_id, AtomRecord.state, AtomRecord.attempts)).all()
    assert sorted(map(tuple, tries)) == [
        (jobs[0], "done", 0), (jobs[1], "waiting", 1), (jobs[2], "waiting", 0), (jobs[3], "waiting", 0),
    ]  # fmt: skip


def test_a_bundle_whose_message_was_lost_is_handed_out_again_within_seconds(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(3)]
    bundle = issued(bundling)[0].bundle
    for _ in range(8):
        bundling.beat("w1", most_leases=MOST_TOGETHER)
        bundling.tick(1.0, there=[])
    again = issued(bundling)
    assert [job_of(lease) for lease in again] == jobs
    assert bundle not in {lease.bundle for lease in again}


def test_a_bundle_that_waits_in_its_queue_is_left_there(bundling: DeskModel) -> None:
    for _ in range(3):
        bundling.job(atoms=1)
    bundle = str(issued(bundling)[0].bundle)
    for _ in range(30):
        bundling.beat("w1", most_leases=MOST_TOGETHER)
        bundling.tick(1.0, there=[bundle])
    assert bundling.lease_states() == ["queued"] * 3


def test_an_idle_machine_copies_the_back_of_a_bundle(bundling: DeskModel) -> None:
    jobs = [bundling.job(atoms=1) for _ in range(10)]
    leases = issued(bundling)
    bundle = str(leases[0].bundle)
    bundling.beat("w1", holding=(bundle,), most_leases=MOST_TOGETHER)
    bundling.now += 9.0
    bundling.beat("w1", holding=(bundle,), most_leases=MOST_TOGETHER)
    bundling.beat("w2", most_leases=MOST_TOGETHER)
    copies = issued(bundling)
    assert copies
    assert job_of(copies[0]) == jobs[-1]
    report(bundling, copies, *["done"] * len(copies), worker="w2")
    report(bundling, leases, *["done"] * len(leases))
    assert [bundling.row(job).atoms_done for job in jobs] == [1] * 10
    with bundling.database.reading() as connection:
        assert connection.execute(select(LeaseRecord.token).where(LeaseRecord.copy_of.is_not(None))).all() == []


def test_a_report_that_speaks_for_another_worker_is_refused(bundling: DeskModel) -> None:
    bundling.job(atoms=1)
    bundling.job(atoms=1)
    (first, second) = issued(bundling)
    told = tuple(LeaseReport(lease.order.token, who, (), False) for lease, who in ((first, "w1"), (second, "w2")))
    with pytest.raises(BadMessage, match="speaks for another worker"), bundling.writing() as turn:
        take_bundle_report(turn, BundleReport(str(first.bundle), "w1", told))


def test_people_are_told_what_is_in_a_message(bundling: DeskModel) -> None:
    for _ in range(3):
        bundling.job(atoms=1)
    (leases,) = letters(issued(bundling)).values()
    assert told(leases[:1]) == "20 s of talk.wav in voice through, job 1"
    assert told(leases) == "60 s of 3 recordings, first 20 s of talk.wav in voice through, job 1"
