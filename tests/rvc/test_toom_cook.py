import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.toom_cook import toom_cook

SHAPES = [(2, 2), (2, 3), (3, 3), (4, 3), (4, 4)]


@given(st.sampled_from(SHAPES), st.integers(0, 2**32 - 1))
def test_fewer_products_give_the_same_sums(shape: tuple[int, int], seed: int) -> None:
    outputs, taps = shape
    method = toom_cook(outputs, taps)
    rng = np.random.default_rng(seed)
    weights, inputs = rng.standard_normal(taps), rng.standard_normal(outputs + taps - 1)
    found = method.gather @ ((method.weigh @ weights) * (method.spread @ inputs))
    np.testing.assert_allclose(found, np.correlate(inputs, weights, "valid"), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize(("outputs", "taps"), SHAPES)
def test_there_is_one_product_per_point_and_no_value_grows_on_the_way(outputs: int, taps: int) -> None:
    method = toom_cook(outputs, taps)
    points = outputs + taps - 1
    assert method.spread.shape == (points, points)
    assert method.weigh.shape == (points, taps)
    assert method.gather.shape == (outputs, points)
    np.testing.assert_allclose(np.abs(method.spread).sum(axis=1), 1.0)
    np.testing.assert_allclose(np.abs(method.gather).max(axis=0), 1.0)
