"""Splits and stitches are asked for again when their message or their dispatcher was lost."""

from sqlalchemy import update

from dispatcher.desk.stages import ASK_AGAIN, MOST_CLAIMS
from dispatcher.kinds.conversion import SPLIT, STITCH
from storage.records.schema import JobRecord
from tests.desk.conftest import DeskModel
from workers.wire.routes import SPLIT_TASK, about_stage


def set_job(desk: DeskModel, job: int, **values: object) -> None:
    with desk.database.writing() as connection:
        connection.execute(update(JobRecord).where(JobRecord.id == job).values(**values))


def ticks(desk: DeskModel, seconds: int) -> list[int]:
    return [job for _ in range(seconds) for job in desk.tick().asked_for(SPLIT)]


def test_a_split_whose_message_was_lost_is_asked_for_again(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="submitted", claim_until=desk.now)
    assert ticks(desk, 4) == []
    assert ticks(desk, 3) == [job]


def test_a_split_whose_message_is_seen_in_its_queue_is_left_alone(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="submitted", claim_until=desk.now)
    there = [about_stage(SPLIT_TASK, [job])]
    assert [found for _ in range(200) for found in desk.tick(there=there).asked_for(SPLIT)] == []


def test_many_splits_whose_messages_were_lost_are_asked_for_within_seconds(desk: DeskModel) -> None:
    jobs = [desk.job(atoms=1, state="submitted", claim_until=desk.now) for _ in range(5)]
    assert sorted(found for _ in range(7) for found in desk.tick(there=[]).asked_for(SPLIT)) == jobs


def test_a_stage_waiting_for_a_server_is_asked_for_when_it_is_due_and_not_before(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="submitted", claim_until=desk.now, not_before=desk.now + 8.0)
    assert ticks(desk, 7) == []
    assert ticks(desk, 2) == [job]


def test_a_clock_that_was_set_back_does_not_hold_up_a_stage(desk: DeskModel) -> None:
    desk.tick()
    job = desk.job(atoms=1, state="splitting", claim="dead", claim_until=desk.now + 5.0)
    desk.tick(-600.0)
    assert ticks(desk, 12) == [job]


def test_a_split_that_waits_for_its_turn_is_left_alone(desk: DeskModel) -> None:
    busy = desk.job(atoms=1, state="splitting", claim="somebody", claim_until=desk.now + 5.0)
    waiting = desk.job(atoms=1, state="submitted", claim_until=desk.now)
    asked = []
    for _ in range(round(ASK_AGAIN) + 2):
        set_job(desk, busy, claim_until=desk.now + 5.0)
        asked.append(desk.tick().asked_for(SPLIT))
    assert [job for jobs in asked[: round(ASK_AGAIN) - 2] for job in jobs] == []
    assert [job for jobs in asked for job in jobs] == [waiting]


def test_a_split_whose_dispatcher_died_is_asked_for_once_its_claim_has_run_out(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="splitting", claim="dead", claim_until=desk.now + 3.0)
    assert ticks(desk, 2) == []
    assert ticks(desk, 3) == [job]


def test_a_split_that_kills_every_dispatcher_fails_its_job(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="splitting", claim="dead", claim_until=desk.now - 1.0, claims=MOST_CLAIMS)
    desk.tick()
    assert desk.row(job).state == "failed"
    assert "never ended" in desk.row(job).reason


def test_a_stitch_is_asked_for_when_the_last_atom_was_done_before_the_split_ended(desk: DeskModel) -> None:
    job = desk.job(atoms=1, atoms_done=1, atoms_waiting=0)
    assert desk.tick().asked_for(STITCH) == [job]
    set_job(desk, job, claim="dead", claim_until=desk.now - 1.0)
    assert desk.tick().asked_for(STITCH) == [job]
