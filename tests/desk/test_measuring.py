"""Workers are measured one at a time, each by the run that was asked, and only while anybody wants to know."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from dispatcher.benchmarks.measured_workers import MeasuredWorker, ask, give_up, last_measured, read_measured
from dispatcher.desk.measuring import take_measured
from dispatcher.desk.tick import over_of, waiting_queues
from dispatcher.turns.turn import Drop, Followups
from storage.errors import BadMessage
from storage.records.schema import WorkerRecord
from storage.records.states import WorkerState
from tests.benchmarks.measured import measured
from tests.desk.conftest import DeskModel
from workers.wire.messages import MeasuringOrder, MeasuringReport
from workers.wire.routes import MEASURE_TASK
from workers.wire.signing import Trust

FOUND = msgspec.to_builtins(measured())


def asked(desk: DeskModel, *workers: str) -> list[int]:
    with desk.writing() as turn:
        return ask(turn, [f"{worker}@host" for worker in workers], ["storage"], is_short=True)


def present(desk: DeskModel, *workers: str, **facts: Any) -> None:
    for worker in workers:
        desk.beat(worker, **{"own_queue": f"convert.cpu.x@{worker}", **facts})


def ordered(followups: Followups) -> list[MeasuringOrder]:
    assert all(lease.task == MEASURE_TASK for lease in followups.leases)
    return [lease.order for lease in followups.leases if isinstance(lease.order, MeasuringOrder)]


def begun(desk: DeskModel, worker: str, token: str) -> Followups:
    return desk.beat(worker, holding=(token,), state="measuring", own_queue=f"convert.cpu.x@{worker}")


def told(desk: DeskModel, report: MeasuringReport, **trust: Any) -> None:
    with desk.writing() as turn:
        take_measured(turn, report, Trust(**trust) if trust else Trust(has_keys=False))


def standing(desk: DeskModel, numbers: list[int]) -> list[str]:
    return [one.state for one in looked(desk, numbers)]


def looked(desk: DeskModel, numbers: list[int]) -> list[MeasuredWorker]:
    with desk.database.reading() as connection:
        return read_measured(connection, numbers)


def test_workers_are_measured_one_after_the_other_and_the_figures_are_kept(desk: DeskModel) -> None:
    present(desk, "w1", "w2")
    numbers = asked(desk, "w1", "w2")
    followups = desk.tick()
    (first,) = ordered(followups)
    (letter,) = followups.leases
    assert (letter.queue, letter.told) == ("convert.cpu.x@w1", "w1@host measures storage, in short")
    assert (first.is_short, first.suites) == (True, ("storage",))
    begun(desk, "w1", first.token)
    assert standing(desk, numbers) == ["running", "waiting"]
    assert ordered(desk.tick(1.0)) == []
    desk.now += 90.0
    told(desk, MeasuringReport(first.token, "w1", FOUND))
    present(desk, "w2")
    (second,) = ordered(desk.tick())
    begun(desk, "w2", second.token)
    told(desk, MeasuringReport(second.token, "w2", error="the store is away"))
    done, failed = looked(desk, numbers)
    assert (done.state, done.found) == ("done", measured())
    assert done.seconds == pytest.approx(91.0)
    assert (failed.state, failed.reason, failed.found) == ("failed", "the store is away", None)
    with desk.database.reading() as connection:
        assert [one.worker for one in last_measured(connection)] == ["w1@host"]


def test_a_worker_that_is_measured_gets_no_leases_and_others_get_its_waiting_ones(desk: DeskModel) -> None:
    present(desk, "w1")
    asked(desk, "w1")
    (order,) = ordered(desk.tick())
    desk.job(atoms=40)
    desk.feed()
    waiting = desk.lease_states()
    assert waiting
    begun(desk, "w1", order.token)
    present(desk, "slow", queue="convert.cpu.slow")
    desk.tick(1.0, there=[order.token])
    assert set(desk.lease_states()) == {"lost"}, "nobody else serves that queue"
    desk.feed()
    with desk.database.reading() as connection:
        assert waiting_queues(connection) == ["convert.cpu.slow"]


def test_a_lost_order_is_sent_again_and_one_that_waits_is_not(desk: DeskModel) -> None:
    present(desk, "w1")
    asked(desk, "w1")
    (order,) = ordered(desk.tick())
    with desk.database.reading() as connection:
        assert waiting_queues(connection) == ["convert.cpu.x@w1"]
    again: list[MeasuringOrder] = []
    for second in range(20):
        present(desk, "w1")
        again += ordered(desk.tick(1.0, there=[order.token] if second < 8 else []))
        assert second >= 8 or not again
    assert {one.token for one in again} == {order.token}


def test_only_the_run_that_was_asked_counts(desk: DeskModel) -> None:
    present(desk, "w1", "w2")
    numbers = asked(desk, "w1")
    (order,) = ordered(desk.tick())
    thief = begun(desk, "w2", order.token)
    assert thief.drops == [Drop(order.token, ("w2@host",))]
    told(desk, MeasuringReport(order.token, "w2", FOUND))
    assert standing(desk, numbers) == ["ordered"]
    told(desk, MeasuringReport(order.token, "w1", FOUND))
    told(desk, MeasuringReport(order.token, "w1", error="late"))
    assert standing(desk, numbers) == ["done"]
    assert begun(desk, "w1", order.token).drops == [Drop(order.token, ("w1@host",))]


def test_a_report_signed_by_another_s_key_is_refused(desk: DeskModel) -> None:
    present(desk, "w1")
    numbers = asked(desk, "w1")
    (order,) = ordered(desk.tick())
    with pytest.raises(BadMessage):
        told(desk, MeasuringReport(order.token, "w1", FOUND), key="another")
    assert standing(desk, numbers) == ["ordered"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"schema_version": 99}, "has the form 99"), ({"figures": "many"}, "is not what it should be")],
)
def test_what_cannot_be_read_fails_with_a_sentence(desk: DeskModel, change: dict[str, Any], reason: str) -> None:
    present(desk, "w1")
    numbers = asked(desk, "w1")
    (order,) = ordered(desk.tick())
    told(desk, MeasuringReport(order.token, "w1", {**FOUND, **change}))
    (one,) = looked(desk, numbers)
    assert one.state == "failed"
    assert reason in one.reason


def test_a_worker_that_dies_is_named_and_the_next_one_has_its_turn(desk: DeskModel) -> None:
    present(desk, "w1", "w2")
    numbers = asked(desk, "w1", "w2")
    (order,) = ordered(desk.tick())
    begun(desk, "w1", order.token)
    for _ in range(4):
        present(desk, "w2")
        followups = desk.tick(4.0, there=[])
        if ordered(followups):
            break
    assert standing(desk, numbers) == ["failed", "ordered"]
    assert "the worker w1@host was lost" in looked(desk, numbers)[0].reason


@pytest.mark.parametrize(
    ("own_queue", "state", "reason"),
    [("", "ready", "upgrade it"), ("convert.cpu.x@w1", "draining", "was not there when its turn came")],
)
def test_a_worker_that_cannot_be_measured_fails_at_once(
    desk: DeskModel, own_queue: str, state: str, reason: str
) -> None:
    present(desk, "w1", own_queue=own_queue, state=state)
    numbers = asked(desk, "w1", "nobody")
    assert ordered(desk.tick()) == []
    one, other = looked(desk, numbers)
    assert reason in one.reason
    assert other.state == "failed"


def test_a_measurement_whose_report_never_comes_fails_once_it_is_surely_lost(desk: DeskModel) -> None:
    present(desk, "w1")
    numbers = asked(desk, "w1")
    (order,) = ordered(desk.tick())
    begun(desk, "w1", order.token)
    for _ in range(10):
        present(desk, "w1")
        desk.tick(1.0, there=[order.token])
    assert standing(desk, numbers) == ["running"], "its report waits to be read"
    for _ in range(10):
        present(desk, "w1")
        desk.tick(1.0, there=[])
    assert standing(desk, numbers) == ["failed"]
    with desk.database.reading() as connection:
        assert over_of(connection, frozenset({order.token, "unheard-of"})) == {order.token}


def test_figures_that_nobody_wants_any_more_are_dropped(desk: DeskModel) -> None:
    present(desk, "w1", "w2")
    numbers = asked(desk, "w1", "w2")
    (order,) = ordered(desk.tick())
    begun(desk, "w1", order.token)
    with desk.writing() as turn:
        give_up(turn, numbers)
    assert turn.followups.drops == [Drop(order.token, ("w1@host",))]
    assert standing(desk, numbers) == ["cancelled", "cancelled"]
    told(desk, MeasuringReport(order.token, "w1", FOUND))
    assert standing(desk, numbers) == ["cancelled", "cancelled"]
    assert ordered(desk.tick(1.0)) == []


def test_a_worker_is_shown_as_being_measured(desk: DeskModel) -> None:
    present(desk, "w1")
    asked(desk, "w1")
    (order,) = ordered(desk.tick())
    begun(desk, "w1", order.token)
    with desk.database.writing() as connection:
        assert connection.execute(select(WorkerRecord.state)).scalars().all() == [WorkerState.MEASURING]
        connection.execute(update(WorkerRecord).values(state=WorkerState.READY))
