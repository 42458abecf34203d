"""Work is shared among a processor's cores, with the same result as on one core."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import mlx.core as mx
import numpy as np
import pytest

from workers.engines.rvc.mlx import cores
from workers.engines.rvc.mlx.cores import FEW, shared
from workers.engines.rvc.mlx.device import on_gpu

pytestmark = pytest.mark.skipif(on_gpu(), reason="GPUs share out work by themselves")
X = mx.array(np.random.default_rng(9).standard_normal((2, 100, 8)).astype(np.float32))


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    cores.streams.cache_clear()
    yield
    cores.streams.cache_clear()


def asked_for(cost: int) -> tuple[mx.array, list[tuple[int, int]]]:
    """The exponentials of rows 10 to 90, and the stretches they were computed in."""
    stretches = []

    def work(first: int, last: int) -> mx.array:
        stretches.append((first, last))
        return mx.exp(X[:, first:last])

    return shared(work, 10, 90, cost), stretches


def test_every_core_gets_a_stretch_and_no_row_is_left_out() -> None:
    found, stretches = asked_for(FEW)
    assert stretches == [(10, 36), (36, 63), (63, 90)]
    assert np.array_equal(found, mx.exp(X[:, 10:90]))


def test_little_work_stays_on_one_core() -> None:
    found, stretches = asked_for(FEW // 80)
    assert stretches == [(10, 90)]
    assert np.array_equal(found, mx.exp(X[:, 10:90]))


def test_a_share_is_not_shared_again() -> None:
    inner: list[list[tuple[int, int]]] = []

    def work(first: int, last: int) -> mx.array:
        inner.append(asked_for(FEW)[1])
        return X[:, first:last]

    mx.eval(shared(work, 0, 100, FEW))
    assert inner == [[(10, 90)]] * 3
    assert len(asked_for(FEW)[1]) == 3


def test_any_thread_can_share() -> None:
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(lambda: np.array(asked_for(FEW)[0])).result()
    assert np.array_equal(there, asked_for(FEW)[0])
