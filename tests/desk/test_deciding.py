"""A job that leaves its precision to the farm has one precision, whoever works on it."""

from typing import Any

import pytest

from tests.desk.conftest import DeskModel
from workers.engines.catalog import engine

RVC = engine("rvc")
QUICK: dict[str, Any] = {"queue": "convert.cuda.new", "offers": ("cuda", "rvc.v2", "rvc.bf16"), "engines": {"rvc": "2"}}
PLAIN: dict[str, Any] = {"queue": "convert.cpu.old", "offers": ("cpu", "rvc.v2"), "engines": {"rvc": "2"}}


def open_job(desk: DeskModel, atoms: int = 4, **asked: object) -> int:
    settings = RVC.checked_settings(asked)
    return desk.job(
        atoms, engine="rvc", engine_version="2", recipe={"rate": 40_000}, settings=settings,
        needs=("rvc.v2", *RVC.needs(settings)), leaves_open=bool(RVC.ways(settings)),
    )  # fmt: skip


def test_the_precision_is_decided_before_the_first_atom_and_holds_for_all(desk: DeskModel) -> None:
    job = open_job(desk)
    desk.beat("quick", **QUICK)
    (first,) = desk.feed()
    assert first.settings["precision"] == desk.row(job).settings["precision"] == "bf16"
    assert set(desk.row(job).needs) == {"rvc.v2", "rvc.bf16"}
    assert not desk.row(job).leaves_open

    for n in range(9):
        desk.beat(f"plain-{n}", **PLAIN)
    assert desk.feed() == []
    desk.report(first, "done", worker="quick")
    orders = desk.feed()
    assert {order.settings["precision"] for order in orders} == {"bf16"}
    assert {order.converted_prefix for order in orders} == {first.converted_prefix}


def test_a_job_whose_turn_has_not_come_stays_open_for_a_better_machine(desk: DeskModel) -> None:
    now, later = open_job(desk, atoms=1), open_job(desk, atoms=1)
    desk.beat("plain", **PLAIN)
    (order,) = desk.feed()
    assert (order.job_id, order.settings["precision"]) == (now, "fp32")
    assert desk.row(later).leaves_open
    desk.beat("quick", **QUICK)
    (order,) = desk.feed()
    assert (order.job_id, order.settings["precision"]) == (later, "bf16")


def test_results_in_two_precisions_have_two_keys(desk: DeskModel) -> None:
    open_job(desk, atoms=1, quality="quality")
    desk.beat("plain", **PLAIN)
    (exact,) = desk.feed()
    desk.report(exact, "done", worker="plain")
    open_job(desk, precision="bf16")
    desk.beat("quick", **QUICK)
    half = next(order for order in desk.feed() if order.settings["precision"] == "bf16")
    assert half.converted_prefix != exact.converted_prefix


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_is_never_given_to_a_machine_without_it(desk: DeskModel, precision: str) -> None:
    open_job(desk, precision=precision)
    desk.beat("plain", **PLAIN)
    assert desk.feed() == []


def test_short_recordings_that_travel_together_are_decided_together(desk: DeskModel) -> None:
    jobs = [open_job(desk, atoms=1) for _ in range(5)]
    desk.beat("quick", **QUICK, most_leases=64)
    (first,) = desk.feed()
    desk.report(first, "done", worker="quick")
    orders = desk.feed()
    assert len(orders) > 1
    assert {order.settings["precision"] for order in orders} == {"bf16"}
    assert all(not desk.row(order.job_id).leaves_open for order in orders)
    assert {order.job_id for order in orders} <= set(jobs)


def test_settings_that_somebody_damaged_hold_nobody_up(desk: DeskModel) -> None:
    broken = desk.job(
        1, engine="rvc", engine_version="2", settings={"colour": "blue"}, needs=("rvc.v2",), leaves_open=True
    )
    sound = open_job(desk, atoms=1)
    desk.beat("quick", **QUICK, most_leases=8)
    desk.beat("other", **QUICK, most_leases=8)
    assert {order.job_id for order in desk.feed()} == {broken, sound}
    assert not desk.row(broken).leaves_open
