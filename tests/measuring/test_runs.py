"""Runs are counted and timed: those that warm up do not count, and a slow machine is not kept all day."""

from collections.abc import Iterator

import pytest

from workers.measuring.figure import figure, spread_of
from workers.measuring.runs import FEWEST, Runs, timed


class Clock:
    """Goes on by as much for each run as the run is said to take."""

    def __init__(self, *seconds: float) -> None:
        self.now = 0.0
        self.seconds: Iterator[float] = iter(seconds)
        self.runs = 0

    def work(self) -> None:
        self.runs += 1
        self.now += next(self.seconds)

    def __call__(self) -> float:
        return self.now


def test_runs_that_warm_up_do_not_count() -> None:
    clock = Clock(50.0, 40.0, 1.0, 2.0, 3.0, 4.0)
    assert timed(clock.work, Runs(2, 4, 60.0), clock) == (1.0, 2.0, 3.0, 4.0)


def test_there_are_no_more_runs_than_there_is_time_for_but_never_too_few() -> None:
    clock = Clock(*[30.0] * 20)
    assert timed(clock.work, Runs(0, 10, 100.0), clock) == (30.0,) * 4
    assert len(timed(clock.work, Runs(0, 10, 31.0), clock)) == FEWEST


def test_a_machine_that_takes_longer_for_one_run_than_for_all_is_measured_once() -> None:
    for warm_ups in (0, 3):
        clock = Clock(*[200.0] * 20)
        assert timed(clock.work, Runs(warm_ups, 10, 120.0), clock) == (200.0,)
        assert clock.runs == 1


def test_where_a_shorter_recording_has_warmed_up_only_a_first_look_saves_the_time() -> None:
    assert Runs(1, 5, 10.0).when_warm() == Runs(0, 5, 10.0)
    assert Runs(3, 10, 120.0).when_warm() == Runs(3, 10, 120.0)


def test_a_figure_has_its_middle_and_its_spread() -> None:
    found = figure("conversion", "balanced", "x", (9.0, 10.0, 10.0, 10.0, 11.0, 100.0))
    assert found.median == 10.0
    assert found.spread == pytest.approx(0.075)
    assert spread_of((3.0,)) == 0.0
    assert spread_of((0.0, 0.0)) == 0.0
