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
