"""A worker can harm only its own leases, and with keys nobody can speak for another worker."""

import pytest
from sqlalchemy import select

from dispatcher.desk.heartbeat import MOST_WORKERS, take_heartbeat
from dispatcher.desk.report import take_report
from storage.errors import BadMessage
from storage.records.schema import SpeedRecord
from tests.desk.conftest import DeskModel
from workers.wire.messages import AtomOutcome, ConversionOrder, LeaseReport
from workers.wire.signing import Trust


def held(desk: DeskModel) -> tuple[int, ConversionOrder]:
    """A job whose only atom is held by w1."""
    job = desk.job(atoms=1)
    desk.beat("w1")
    (order,) = desk.feed()
    desk.beat("w1", holding=(order.token,))
    return job, order


def test_a_beat_that_names_another_workers_lease_takes_nothing_over(desk: DeskModel) -> None:
    job, order = held(desk)
    followups = desk.beat("thief", holding=(order.token,))
    assert [d.workers for d in followups.drops] == [("thief@host",)]
    desk.beat("thief", state="gone")
    assert desk.atom_states(job) == ["leased"]
    desk.report(order, "done", worker="w1")
    assert desk.atom_states(job) == ["done"]


def test_a_worker_that_uses_the_name_of_another_is_refused(desk: DeskModel) -> None:
    _, order = held(desk)
    desk.beat("thief")
    with pytest.raises(BadMessage, match="says that it is w1@host"):
        desk.beat("thief", name="w1@host", holding=(order.token,))


def test_a_report_from_an_unknown_worker_changes_nothing(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat("w1")
    (order,) = desk.feed()
    desk.report(order, "failed", worker="nobody")
    assert desk.lease_states() == ["queued"]
    assert desk.atom_states(job) == ["leased"]


def test_a_worker_that_offers_nothing_does_not_keep_work_from_others_in_its_queue(desk: DeskModel) -> None:
    desk.beat("w1")
    desk.beat("w2")
    desk.beat("odd", offers=())
    desk.job(atoms=1)
    assert len(desk.feed()) == 1


def test_a_report_on_another_workers_lease_changes_nothing(desk: DeskModel) -> None:
    job, order = held(desk)
    desk.report(order, "failed", worker="thief")
    desk.report(order, "done", worker="thief")
    assert desk.atom_states(job) == ["leased"]


def test_a_lease_that_waits_in_one_queue_is_not_taken_by_a_worker_of_another(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat("w1")
    (order,) = desk.feed()
    desk.beat("thief", queue="convert.cpu.y", holding=(order.token,))
    desk.report(order, "failed", worker="thief")
    assert desk.lease_states() == ["queued"]
    desk.report(order, "done", worker="w1")
    assert desk.atom_states(job) == ["done"]


def test_thousands_of_forged_beats_do_not_fail_a_job(desk: DeskModel) -> None:
    job, order = held(desk)
    for number in range(300):
        followups = desk.beat(
            f"forged{number % 50}", name="w1@host", holding=(order.token,), state=("busy", "gone")[number % 2]
        )
        assert followups.drops == []
        if number % 30 == 0:
            desk.beat("w1", holding=(order.token,))
            desk.tick()
    assert desk.row(job).state == "converting"
    assert desk.atom_states(job) == ["leased"]


def test_a_report_of_atoms_outside_its_lease_is_refused(desk: DeskModel) -> None:
    job, order = held(desk)
    report = LeaseReport(order.token, "w1", (AtomOutcome(7, "done", 20.0),), is_over=False)
    with pytest.raises(BadMessage, match="does not have"), desk.writing() as turn:
        take_report(turn, report)
    assert desk.atom_states(job) == ["leased"]


def test_a_worker_cannot_starve_others_by_claiming_any_speed(desk: DeskModel) -> None:
    _, order = held(desk)
    report = LeaseReport(order.token, "w1", (AtomOutcome(0, "done", 600_000.0, busy=1e-9),), is_over=True)
    with desk.writing() as turn:
        take_report(turn, report)
        audio, busy = turn.connection.execute(select(SpeedRecord.audio, SpeedRecord.busy)).one()
    assert audio == 20.0
    assert audio / busy <= 10_000.0


def test_more_workers_than_any_farm_has_are_not_admitted(desk: DeskModel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_WORKERS >= 1_000
    monkeypatch.setattr("dispatcher.desk.heartbeat.MOST_WORKERS", 3)
    for number in range(3):
        desk.beat(f"w{number}")
    with pytest.raises(BadMessage, match="not taken in"):
        desk.beat("one too many")
    desk.beat("w1")
    desk.now += 11.0
    desk.beat("after the others are gone")


class TestWithKeys:
    """A farm whose workers sign."""

    def beat(self, desk: DeskModel, incarnation: str, key: str | None, *holding: str, name: str = "w@host") -> None:
        beat = desk.heartbeat_of(incarnation, holding, name=name)
        with desk.writing() as turn:
            take_heartbeat(turn, beat, Trust(key))

    def test_only_the_key_of_the_first_heartbeat_speaks_for_a_worker(self, desk: DeskModel) -> None:
        self.beat(desk, "one", "box1")
        for key in ("box2", None):
            with pytest.raises(BadMessage, match="another key"):
                self.beat(desk, "one", key)
            report = LeaseReport("token", "one", (), is_over=True)
            with pytest.raises(BadMessage, match="another key"), desk.writing() as turn:
                take_report(turn, report, Trust(key))
        self.beat(desk, "one", "box1")

    def test_a_name_is_taken_over_at_once_by_its_own_key_and_by_no_other(self, desk: DeskModel) -> None:
        job = desk.job(atoms=1)
        self.beat(desk, "one", "box1")
        (order,) = desk.feed()
        self.beat(desk, "one", "box1", order.token)
        with pytest.raises(BadMessage, match="belongs to a worker with another key"):
            self.beat(desk, "forged", "box2")
        assert desk.atom_states(job) == ["leased"]
        self.beat(desk, "two", "box1")
        assert desk.atom_states(job) == ["waiting"]
