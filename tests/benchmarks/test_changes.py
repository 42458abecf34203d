"""What an upgrade changed: beyond noise it is told, within noise it is not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.benchmarks.changes import changes
from tests.benchmarks.measured import measured, speed
from workers.measuring.figure import Better, figure


def runs(middle: float, seed: int, noise: float = 0.03) -> tuple[float, ...]:
    return tuple(middle * (1.0 + noise * np.random.default_rng(seed).standard_normal(10)))


def test_a_real_loss_is_sure_and_a_regression_beyond_the_limit() -> None:
    (found,) = changes(measured(speed(*runs(2.0, 1))), measured(speed(*runs(1.6, 2))))
    assert found.is_sure
    assert -0.26 < found.gain < -0.14
    assert found.low < -0.2 < found.high < 0.0
    assert found.is_regression(0.1)
    assert not found.is_regression(0.3)


def test_noise_is_no_change() -> None:
    (found,) = changes(measured(speed(*runs(2.0, 1))), measured(speed(*runs(2.0, 3))))
    assert not found.is_sure
    assert not found.is_regression(0.0)


def test_of_what_had_best_be_little_less_is_better() -> None:
    before = figure("conversion", "until it is there", "s", runs(2.0, 1), Better.LESS)
    after = figure("conversion", "until it is there", "s", runs(1.0, 2), Better.LESS)
    (found,) = changes(measured(before), measured(after))
    assert 0.8 < found.gain < 1.2
    assert found.is_sure


def test_a_value_alone_is_not_trusted_to_a_few_per_cent() -> None:
    one, slightly, far = (
        measured(figure("memory", "most", "MB", (value,), Better.LESS)) for value in (100.0, 103.0, 150.0)
    )
    assert not changes(one, slightly)[0].is_sure
    assert changes(one, far)[0].is_regression(0.1)


def test_only_what_both_measured_alike_is_compared() -> None:
    fp32, bf16 = (figure("conversion", "balanced, 5 s", "x", (2.0,), remark=how) for how in ("fp32", "bf16"))
    assert changes(measured(fp32), measured(bf16)) == ()
    assert [one.name for one in changes(measured(fp32, speed()), measured(bf16, speed()))] == ["balanced, 30 s"]


@given(st.lists(st.floats(0.5, 1e6), min_size=1, max_size=12))
def test_the_same_figures_never_count_as_a_change(values: list[float]) -> None:
    (found,) = changes(measured(speed(*values)), measured(speed(*values)))
    assert found.gain == 0.0
    assert found.low <= 0.0 <= found.high
