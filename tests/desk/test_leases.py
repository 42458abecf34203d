"""Leases are handed out, reported, fenced, lost and copied, and a job's counters always agree with its atoms."""

from threading import Thread

import pytest
from sqlalchemy import insert, select, text

from dispatcher.kinds.conversion import STITCH
from dispatcher.local.processes import wait_until
from dispatcher.turns.turn import Drop
from storage.records.database import Database
from storage.records.schema import JobRecord, LeaseRecord, SpeedRecord, WorkerRecord
from tests.desk.conftest import DeskModel
from workers.wire.messages import ConversionOrder


def test_a_job_moves_on_to_its_stitch_once_every_atom_is_done(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    followups = desk.report(order, "done")
    assert followups.asked_for(STITCH) == [job]
    assert desk.row(job).state == "stitching"
    assert (desk.row(job).atoms_done, desk.row(job).seconds_done, desk.row(job).peak) == (1, 20.0, 0.5)


def test_a_job_without_workers_waits_in_sql_and_not_in_the_broker(desk: DeskModel) -> None:
    job = desk.job(atoms=5)
    assert desk.feed() == []
    assert desk.row(job).atoms_waiting == 5


def test_only_the_holder_of_the_current_token_finishes_an_atom(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat("w1")
    (late,) = desk.feed()
    desk.beat("w1", holding=(late.token,))
    desk.now += 11.0
    desk.beat("w2")
    desk.tick()
    (current,) = desk.feed()
    assert current.token != late.token
    desk.report(late, "done", worker="w1")
    assert desk.row(job).atoms_done == 0
    desk.report(current, "done", worker="w2")
    assert desk.row(job).atoms_done == 1


def test_reporting_twice_counts_once(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.report(order, "done")
    assert desk.report(order, "done").asked_for(STITCH) == []
    assert desk.row(job).atoms_done == 1


def test_a_worker_that_falls_silent_loses_its_leases_after_ten_seconds(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat("w1")
    (order,) = desk.feed()
    desk.beat("w1", holding=(order.token,))
    for _ in range(9):
        desk.tick()
    assert desk.row(job).atoms_waiting == 0
    for _ in range(3):
        desk.tick()
    assert desk.row(job).atoms_waiting == 1
    assert desk.atom_states(job) == ["waiting"]


def test_a_worker_that_beats_keeps_its_lease_for_as_long_as_it_takes(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    for _ in range(60):
        desk.beat(holding=(order.token,))
        desk.tick(2.0)
    assert desk.atom_states(job) == ["leased"]


def ticks(desk: DeskModel, seconds: int) -> None:
    for _ in range(seconds):
        desk.tick()


def test_a_worker_restarted_under_its_name_frees_its_leases_within_three_heartbeats(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat("w1")
    (order,) = desk.feed()
    desk.beat("w1", holding=(order.token,))
    desk.beat("w1-again", name="w1@host")
    ticks(desk, 6)
    assert desk.atom_states(job) == ["waiting"]


def test_a_living_worker_does_not_lose_its_leases_to_another_that_takes_its_name(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat("w1")
    (order,) = desk.feed()
    for _ in range(10):
        desk.beat("w1", holding=(order.token,))
        desk.beat("forged", name="w1@host")
        ticks(desk, 2)
    assert desk.atom_states(job) == ["leased"]
    desk.report(order, "done", worker="w1")
    assert desk.atom_states(job) == ["done"]


def test_a_goodbye_that_overtakes_the_last_report_loses_nothing(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.beat(holding=(order.token,))
    desk.beat(state="gone")
    desk.report(order, "done")
    assert desk.atom_states(job) == ["done"]
    assert desk.lease_states() == ["finished"]


def test_leases_held_at_a_goodbye_go_to_others_at_once_and_nobody_is_blamed(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.beat(holding=(order.token,))
    desk.beat(holding=(order.token,), state="gone")
    assert desk.atom_states(job) == ["waiting"]
    assert desk.lease_states() == ["lost"]


def test_a_heartbeat_that_arrives_after_its_workers_goodbye_brings_nobody_back(desk: DeskModel) -> None:
    desk.beat()
    desk.beat(state="gone")
    desk.beat(state="draining")
    job = desk.job(atoms=1)
    assert desk.feed() == []
    assert desk.row(job).atoms_waiting == 1


def test_a_worker_that_was_only_silent_is_back_when_it_is_heard_again(desk: DeskModel) -> None:
    desk.beat()
    for _ in range(12):
        desk.tick()
    desk.job(atoms=1)
    assert desk.feed() == []
    desk.beat()
    assert len(desk.feed()) == 1


def test_the_records_tell_a_worker_that_fell_silent_from_one_that_said_goodbye(desk: DeskModel) -> None:
    def state() -> str:
        with desk.database.reading() as connection:
            return str(connection.execute(select(WorkerRecord.state)).scalar_one())

    desk.beat()
    for _ in range(12):
        desk.tick()
    assert state() == "lost"
    desk.beat(state="draining")
    assert state() == "draining", "it was there all the time"
    desk.beat(state="gone")
    for _ in range(12):
        desk.tick()
    assert state() == "gone"


def test_a_lost_message_is_noticed_though_all_workers_are_busy(desk: DeskModel) -> None:
    desk.job(atoms=1)
    desk.beat()
    (running,) = desk.feed()
    desk.beat(holding=(running.token,))
    urgent = desk.job(atoms=1, priority=0)
    with desk.database.writing() as connection:
        connection.execute(
            insert(SpeedRecord).values(queue="convert.cpu.x", engine="through", audio=1.0, busy=1.0, updated_at=0.0)
        )
    (lost,) = desk.feed()
    for _ in range(5):
        desk.beat(holding=(running.token,))
        desk.tick(there=[lost.token])
    assert desk.atom_states(urgent) == ["leased"]
    for _ in range(6):
        desk.beat(holding=(running.token,))
        desk.tick(there=[])
    assert desk.atom_states(urgent) == ["waiting"]
    assert desk.lease_states() == ["running", "lost"]


def test_a_message_that_waits_behind_others_is_not_taken_for_lost(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    for _ in range(60):
        desk.beat()
        desk.tick(there=[order.token])
    assert desk.atom_states(job) == ["leased"]


def test_nothing_is_taken_for_lost_while_the_broker_cannot_be_inspected(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    desk.feed()
    for _ in range(60):
        desk.beat()
        desk.tick(there=None)
    assert desk.atom_states(job) == ["leased"]


def test_a_waiting_lease_comes_back_when_its_class_is_gone(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    desk.feed()
    desk.beat(state="gone")
    desk.tick()
    assert desk.atom_states(job) == ["waiting"]


def test_nobody_is_blamed_for_a_time_without_dispatchers(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.beat(holding=(order.token,))
    desk.tick()
    desk.tick(300.0)
    assert desk.atom_states(job) == ["leased"]
    desk.beat(holding=(order.token,))
    for _ in range(9):
        desk.tick()
    assert desk.atom_states(job) == ["leased"]


def test_what_a_draining_worker_hands_back_waits_again_and_nobody_is_blamed(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (probe,) = desk.feed()
    desk.report(probe, over=True)
    assert desk.atom_states(job) == ["waiting"]
    assert desk.row(job).atoms_waiting == 1


def test_an_atom_that_fails_everywhere_fails_its_job_with_a_sentence(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    for _ in range(desk.settings.max_attempts):
        (order,) = desk.feed()
        desk.report(order, "failed")
    row = desk.row(job)
    assert row.state == "failed"
    assert "00:00:00-00:00:20 could not be converted in 4 tries: it broke" in row.reason
    assert desk.feed() == []


def test_a_worker_killed_again_and_again_by_one_atom_does_not_take_the_farm_with_it(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    for life in range(desk.settings.max_attempts):
        desk.beat(f"life{life}", name="w@host")
        ticks(desk, 6)
        (order,) = desk.feed()
        desk.beat(f"life{life}", holding=(order.token,), name="w@host")
    desk.beat("last", name="w@host")
    ticks(desk, 6)
    assert desk.row(job).state == "failed"
    assert "was lost while it had it" in desk.row(job).reason


def test_a_worker_is_told_to_drop_what_is_no_longer_its_own(desk: DeskModel) -> None:
    desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.report(order, "done")
    dropped = desk.beat(holding=(order.token, "unknown")).drops
    assert dropped == [Drop(token, ("w1@host",)) for token in sorted([order.token, "unknown"])]


def original_and_copy(desk: DeskModel) -> tuple[ConversionOrder, ConversionOrder]:
    """A lease on a slow machine, and its copy on a fast one."""
    with desk.database.writing() as connection:
        for queue, audio in (("convert.cpu.slow", 2.0), ("convert.cpu.fast", 100.0)):
            connection.execute(
                insert(SpeedRecord).values(queue=queue, engine="through", audio=audio, busy=1.0, updated_at=0.0)
            )
    desk.beat("slow", queue="convert.cpu.slow")
    (original,) = desk.feed()
    desk.beat("slow", holding=(original.token,), queue="convert.cpu.slow")
    desk.beat("fast", queue="convert.cpu.fast")
    (copy,) = desk.feed()
    assert [a.number for a in copy.atoms] == [a.number for a in original.atoms]
    return original, copy


def test_a_copy_finishes_what_its_original_does_not(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    original, copy = original_and_copy(desk)
    assert desk.report(copy, "done", worker="fast").asked_for(STITCH) == [job]
    assert desk.report(original, "done", worker="slow").asked_for(STITCH) == []
    assert desk.row(job).atoms_done == 1


def test_a_copy_and_its_original_outlive_one_another(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    original, copy = original_and_copy(desk)
    desk.beat("fast", holding=(copy.token,), queue="convert.cpu.fast")
    desk.beat("slow", holding=(original.token,), state="gone", queue="convert.cpu.slow")
    assert desk.atom_states(job) == ["leased"]
    assert desk.report(original, "done", worker="slow").asked_for(STITCH) == []
    desk.beat("fast", holding=(copy.token,), state="gone", queue="convert.cpu.fast")
    assert desk.atom_states(job) == ["waiting"]
    assert desk.row(job).atoms_waiting == 1


@pytest.mark.parametrize("is_all", [True, False])
def test_a_lease_is_not_over_while_its_last_report_waits_behind_others(desk: DeskModel, is_all: bool) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.beat(holding=(order.token,))
    for _ in range(60):
        desk.beat()
        desk.tick(there=[order.token] if is_all else [], is_all=is_all)
    assert desk.lease_states() == ["running"]
    desk.report(order, "done")
    assert desk.row(job).atoms_done == 1


def test_a_lease_nobody_mentions_is_over_once_all_reports_are_read(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.beat(holding=(order.token,))
    for _ in range(11):
        desk.beat()
        desk.tick(there=[])
    assert desk.lease_states() == ["lost"]
    assert desk.atom_states(job) == ["waiting"]


def test_a_report_waits_for_whoever_is_ending_the_job_before_it_touches_the_job(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    desk = DeskModel(database)
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    said: list[object] = []
    reporting = Thread(target=lambda: said.append(desk.report(order, "failed")))
    with database.writing() as connection:
        connection.execute(select(LeaseRecord).where(LeaseRecord.token == order.token).with_for_update())
        reporting.start()
        assert wait_until(lambda: _waits_for_a_lock(database), 10.0)
        connection.execute(text("SET LOCAL lock_timeout = '1s'"))
        connection.execute(select(JobRecord).where(JobRecord.id == job).with_for_update())
    reporting.join(10.0)
    assert said
    database.close()


def _waits_for_a_lock(database: Database) -> bool:
    with database.reading() as connection:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(connection.execute(text(waiting)).scalar())
