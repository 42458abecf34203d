"""Whoever is to be told of an end is told of every one, and of each once."""

import json
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import event, update

from dispatcher.hooks.spreading import spread_ends
from dispatcher.jobs.batches import FILLING, begin_filling, end_filling, tell_of
from dispatcher.jobs.ending import cancel_job, end_all, fail_job, retry_job
from dispatcher.jobs.life import Event
from dispatcher.jobs.loading import load_job
from dispatcher.reports.batches import read_batches
from dispatcher.reports.summary import summarise
from dispatcher.turns.turn import Turn
from storage.records.database import Database
from storage.records.schema import JobRecord
from tests.hooks.conftest import HookedDesk

HOOK = "https://hooks.studio/farm"
OWN = "https://owner.example/told"
STITCHING: dict[str, Any] = {"state": "stitching", "atoms": 1}


def told(desk: HookedDesk) -> list[tuple[str, str]]:
    """What each notice tells of, and whom."""
    return [(f"{_kind(one)} {one.job_id or one.batch_id}", one.target) for one in desk.notices()]


def _kind(notice: Any) -> str:
    return str(json.loads(notice.body)["type"])


def test_a_job_that_ended_is_told_of_as_show_shows_it(desk: HookedDesk) -> None:
    desk.told_by(hook_url=HOOK)
    job = desk.job(**STITCHING)
    desk.stitched(job)
    desk.tick()
    (notice,) = desk.notices()
    body = json.loads(notice.body)
    assert body["type"] == "job.ended"
    assert body["timestamp"] == "1970-01-01T00:16:40.000Z"
    assert body["data"] == json.loads(json.dumps(summarise(load_job(desk.database, job), ()).to_json()))
    assert body["data"]["state"] == "finished"
    assert desk.ends() == 0


def test_without_hooks_an_end_costs_no_statement_and_leaves_nothing(desk: HookedDesk) -> None:
    job = desk.job(**STITCHING)
    seen: list[str] = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    with desk.writing() as turn:
        end_all(turn, [job], Event.STITCHED)
    assert [statement.split()[0] for statement in seen if not statement.startswith("BEGIN")] == ["UPDATE"]
    assert desk.ends() == 0
    assert not desk.tick().notify
    assert desk.notices() == []


def test_what_somebody_without_the_hooks_cancels_is_told_too(desk: HookedDesk) -> None:
    job = desk.job(**STITCHING)
    with desk.writing() as turn:
        cancel_job(turn, job)
    desk.told_by(hook_url=HOOK)
    desk.tick()
    assert told(desk) == [(f"job.ended {job}", "url")]
    assert json.loads(desk.notices()[0].body)["data"]["note"] == "cancelled"


def test_a_job_that_is_retried_before_the_tick_is_told_of_as_it_ended(desk: HookedDesk) -> None:
    desk.told_by(hook_url=HOOK)
    job = desk.job(atoms=1, split_at=1.0)
    with desk.writing() as turn:
        fail_job(turn, job, "it broke")
    with desk.writing() as turn:
        retry_job(turn, job)
    desk.tick()
    data = json.loads(desk.notices()[0].body)["data"]
    assert (data["state"], data["note"], data["ended_at"]) == ("failed", "it broke", 1_000.0)
    assert desk.row(job).state == "converting"


def test_jobs_of_a_batch_are_told_of_by_it_unless_each_is_asked_for(desk: HookedDesk) -> None:
    desk.told_by(hook_url=HOOK, hook_command="true")
    batch = desk.batch()
    jobs = [desk.job(**STITCHING, batch_id=batch, wanted=name) for name in "ab"]
    desk.stitched(jobs[0])
    desk.tick()
    assert told(desk) == []
    desk.told_by(hook_jobs="all")
    desk.stitched(jobs[1])
    desk.tick()
    hooks = ("command", "url")
    assert told(desk) == [
        *((f"job.ended {jobs[1]}", hook) for hook in hooks),
        *((f"batch.ended {batch}", hook) for hook in hooks),
    ]
    of_job, of_batch = ({one.event for one in desk.notices()[place : place + 2]} for place in (0, 2))
    assert len(of_job) == len(of_batch) == 1, "one event, whoever is told of it"
    assert of_job != of_batch


def test_a_batch_is_told_of_once_and_again_when_what_failed_was_retried(desk: HookedDesk) -> None:
    desk.told_by(hook_url=HOOK)
    batch = desk.batch()
    jobs = [desk.job(**STITCHING, batch_id=batch, wanted=name, split_at=1.0) for name in "abc"]
    desk.stitched(*jobs[:2])
    desk.tick()
    assert told(desk) == []
    with desk.writing() as turn:
        fail_job(turn, jobs[2], "it broke")
    for _ in range(3):
        desk.tick()
    assert told(desk) == [(f"batch.ended {batch}", "url")]
    data = json.loads(desk.notices()[0].body)["data"]
    assert data == json.loads(json.dumps(read_batches(desk.database, 1, ["talks"])[0].to_json()))
    assert data["states"] == {"finished": 2, "failed": 1}
    with desk.writing() as turn:
        retry_job(turn, jobs[2])
    desk.tick()
    with desk.database.writing() as connection:
        connection.execute(update(JobRecord).where(JobRecord.id == jobs[2]).values(state="stitching"))
    desk.stitched(jobs[2])
    for _ in range(3):
        desk.tick()
    assert told(desk) == [(f"batch.ended {batch}", "url")] * 2
    assert len({one.event for one in desk.notices()}) == 2
    assert json.loads(desk.notices()[1].body)["data"]["states"] == {"finished": 3}


def test_a_batch_of_more_ends_than_one_tick_sees_to_is_told_of_once(
    desk: HookedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.hooks.spreading.AT_ONCE", 2)
    desk.told_by(hook_url=HOOK)
    batch = desk.batch()
    jobs = [desk.job(**STITCHING, batch_id=batch, wanted=str(number)) for number in range(5)]
    desk.stitched(*jobs)
    for _ in range(3):
        assert desk.notices() == []
        desk.tick()
    assert told(desk) == [(f"batch.ended {batch}", "url")]
    assert desk.ends() == 0


def test_a_batch_whose_last_jobs_end_at_the_same_moment_is_told_of_once(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    desk = HookedDesk(database)
    desk.told_by(hook_url=HOOK)
    batch = desk.batch()
    jobs = [desk.job(**STITCHING, batch_id=batch, wanted=name) for name in "ab"]
    both = Barrier(2)

    def end(job: int) -> None:
        with desk.writing() as turn:
            end_all(turn, [job], Event.STITCHED)
            # Each has ended its job and does not see that the other has.
            both.wait(20)

    threads = [Thread(target=end, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.tick()
    desk.tick()
    assert told(desk) == [(f"batch.ended {batch}", "url")]
    database.close()


def test_a_tick_between_two_ends_that_overlap_tells_once(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    desk = HookedDesk(database)
    desk.told_by(hook_url=HOOK)
    batch = desk.batch()
    first, second = (desk.job(**STITCHING, batch_id=batch, wanted=name) for name in "ab")
    with desk.writing() as turn:
        end_all(turn, [first], Event.STITCHED)
        desk.stitched(second)
        # The rest of a tick would wait for the row of the first.
        with database.deciding() as connection:
            spread_ends(Turn(connection, desk.now, desk.settings))
        assert told(desk) == []
    desk.tick()
    assert told(desk) == [(f"batch.ended {batch}", "url")]
    database.close()


def test_a_batch_has_not_ended_while_jobs_are_handed_in_to_it(desk: HookedDesk) -> None:
    desk.told_by(hook_url=HOOK, hook_jobs="all")
    batch = desk.batch()
    first = desk.job(**STITCHING, batch_id=batch, wanted="a")
    with desk.writing() as turn:
        begin_filling(turn, batch)
    desk.stitched(first)
    for _ in range(3):
        desk.tick()
    assert told(desk) == [(f"job.ended {first}", "url")]
    desk.stitched(second := desk.job(**STITCHING, batch_id=batch, wanted="b"))
    desk.tick()
    with desk.writing() as turn:
        end_filling(turn, batch)
    for _ in range(3):
        desk.tick()
    assert told(desk)[1:] == [(f"job.ended {second}", "url"), (f"batch.ended {batch}", "url")]
    assert desk.ends() == 0


def test_a_batch_whose_handing_in_was_killed_is_told_of_in_the_end(desk: HookedDesk) -> None:
    desk.told_by(hook_url=HOOK)
    batch = desk.batch()
    with desk.writing() as turn:
        begin_filling(turn, batch)
    desk.ended(batch_id=batch)
    desk.tick(FILLING - 10.0)
    assert told(desk) == []
    desk.tick(20.0)
    assert told(desk) == [(f"batch.ended {batch}", "url")]


def test_an_address_of_a_submission_is_told_besides_the_hooks_of_the_farm(desk: HookedDesk) -> None:
    alone = desk.job(**STITCHING, notify=OWN)
    desk.stitched(alone)
    desk.tick()
    assert told(desk) == [(f"job.ended {alone}", OWN)]
    desk.told_by(hook_url=HOOK)
    desk.stitched(another := desk.job(**STITCHING, notify=OWN))
    desk.tick()
    desk.stitched(same := desk.job(**STITCHING, notify=HOOK))
    desk.tick()
    assert told(desk)[1:] == [
        (f"job.ended {another}", "url"),
        (f"job.ended {another}", OWN),
        (f"job.ended {same}", "url"),
    ]


def test_an_address_of_a_batch_is_told_of_its_end_whichever_job_is_the_last(desk: HookedDesk) -> None:
    batch = desk.batch()
    jobs = [desk.job(**STITCHING, batch_id=batch, wanted=name) for name in "ab"]
    desk.stitched(jobs[0])
    with desk.writing() as turn:
        tell_of(turn, batch, OWN)
    desk.stitched(jobs[1])
    desk.tick()
    assert told(desk) == [(f"batch.ended {batch}", OWN)]
