"""What is learned about a machine's speed."""

import pytest

from dispatcher.feed.speed import HALF_LIFE, Speed


def test_the_factor_is_audio_divided_by_time() -> None:
    assert Speed().after(30.0, 2.0).after(30.0, 4.0).factor == pytest.approx(10.0, rel=0.03)


def test_a_throttled_machine_is_noticed_within_two_half_lives() -> None:
    speed = Speed()
    for _ in range(100):
        speed = speed.after(600.0, 6.0)
    for _ in range(8):
        speed = speed.after(10.0 * HALF_LIFE / 4, HALF_LIFE / 4)
    assert speed.factor < 40.0


def test_what_took_no_time_teaches_nothing() -> None:
    assert Speed(10.0, 1.0).after(5.0, 0.0) == Speed(10.0, 1.0)


def _after_work(speed: Speed, seconds: float) -> Speed:
    """After this much work of a machine at 1,000 times realtime, told of atom by atom."""
    for _ in range(round(seconds / 0.02)):
        speed = speed.after(20.0, 0.02)
    return speed


def test_a_single_outlier_moves_little_and_is_forgotten_within_a_minute_of_work() -> None:
    stuck = _after_work(Speed(), 120.0).after(20.0, 90.0)
    assert stuck.factor > 750.0
    assert _after_work(stuck, 60.0).factor > 900.0


def test_a_first_report_that_was_an_outlier_is_corrected_within_a_minute_of_work() -> None:
    assert _after_work(Speed().after(20.0, 90.0), 60.0).factor > 800.0


def test_long_reports_of_slow_machines_are_believed() -> None:
    speed = Speed()
    for _ in range(20):
        speed = speed.after(100.0, 90.0)
    assert speed.factor == pytest.approx(10.0 / 9.0)
