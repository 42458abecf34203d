from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from testing.rvc import tiny
from tests.rvc_torch.plain import retrieved
from workers.engines.rvc.architecture import NEIGHBOURS
from workers.engines.rvc.numbers import processor_has_bf16
from workers.engines.rvc.torch import retrieval as module
from workers.engines.rvc.torch.precision import compute_exactly
from workers.engines.rvc.torch.retrieval import GROUP, Retrieval

WIDTH = 24
Rows = npt.NDArray[np.float32]


def speech(count: int, seed: int) -> Rows:
    """Rows as a content encoder gives them: around a few sounds, with much in common, some of it far from zero."""
    rng = np.random.default_rng(seed)
    sounds = np.random.default_rng(99).standard_normal((40, 96), np.float32)
    common = np.where(np.arange(96) < 3, 15.0, 0.5)
    near = 0.35 * rng.standard_normal((count, 96))
    return np.asarray(sounds[rng.integers(0, 40, count)] + near + common, np.float32)


def rows(count: int, seed: int = 0) -> Rows:
    return np.random.default_rng(seed).standard_normal((count, WIDTH), np.float32)


def found(content: Rows, vectors: Rows) -> Rows:
    with torch.inference_mode():
        mixed: Rows = Retrieval(torch.from_numpy(vectors))(torch.from_numpy(content)).numpy()
        return mixed


def error(content: Rows, vectors: Rows) -> float:
    wanted = retrieved(content.astype(np.float64), vectors.astype(np.float64))
    return tiny.relative_error(found(content, vectors), wanted)


@pytest.mark.parametrize(
    "count", [1, 2, NEIGHBOURS - 1, NEIGHBOURS, NEIGHBOURS + 1, 15, GROUP - 1, GROUP, GROUP + 1, 1000, 20 * GROUP]
)
def test_the_nearest_are_mixed_by_their_distance_however_many_there_are(count: int) -> None:
    # Half of the frames are near zero, like the padding that fills up a group.
    content = np.concatenate([rows(40, 1), 0.05 * rows(40, 2)])
    assert error(content, rows(count)) <= 1e-5


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 1000), st.sampled_from([0.01, 1.0, 30.0]))
@settings(max_examples=60)
def test_any_vectors_and_frames_are_mixed_as_by_the_plain_search(
    count: int, frames: int, seed: int, scale: float
) -> None:
    assert error(rows(frames, seed + 1) * np.float32(scale), rows(count, seed) * np.float32(scale)) <= 1e-4


@pytest.mark.parametrize("count", [1, 5, 500])
def test_an_exact_match_gives_that_vector(count: int) -> None:
    vectors = rows(count)
    np.testing.assert_allclose(found(vectors[:5], vectors), vectors[:5], atol=1e-6)


def test_a_vector_stored_many_times_gives_itself() -> None:
    vectors = np.repeat(rows(3), 30, axis=0)
    np.testing.assert_allclose(found(rows(3), vectors), rows(3), atol=1e-6)


def test_zero_frames_and_distant_frames_give_finite_results() -> None:
    content = np.concatenate([np.zeros((1, WIDTH), np.float32), 1e6 * rows(2, 1)])
    assert np.isfinite(found(content, rows(50))).all()
    assert np.isfinite(found(content, np.zeros((50, WIDTH), np.float32))).all()


def test_neighbours_that_crowd_into_one_group_are_all_found() -> None:
    """Only the groups with the best first match are searched, so all the nearest may be in one of them."""
    vectors = 3.0 * rows(40 * GROUP)
    vectors[7 * GROUP : 7 * GROUP + 12] = 0.1 * rows(12, 5)
    assert error(0.05 * rows(30, 6), vectors) <= 1e-5


def test_many_frames_are_looked_up_as_they_would_be_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    content, vectors = rows(50, 1), rows(100)
    at_once = found(content, vectors)
    monkeypatch.setattr(module, "FRAMES", 7)
    monkeypatch.setattr(module, "BLOCK_ON_CPU", 32)
    np.testing.assert_allclose(found(content, vectors), at_once, atol=1e-6)


@pytest.fixture(params=["rounded", "whole"])
def rounded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Products with factors of 8 bits: rounded ones, wherever the tests run, or whole numbers."""
    monkeypatch.setattr(module, "rough_product", lambda a, b: a.bfloat16().float() @ b.bfloat16().float())
    if request.param == "rounded":
        monkeypatch.setattr(module, "multiplies_whole", lambda: False)
    else:
        assert module.multiplies_whole()


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("count", [5, 40, 20_000])
def test_rounded_products_find_the_same_neighbours(rounded: None, count: int, scale: float) -> None:
    vectors, content = (
        torch.from_numpy(speech(size, seed) * np.float32(scale)) for size, seed in ((count, 1), (300, 2))
    )
    with torch.inference_mode():
        exact, rough = Retrieval(vectors)(content), Retrieval(vectors, rough=True)(content)
    assert float((exact - rough).abs().max()) <= 1e-4 * float(exact.abs().max())


@pytest.mark.parametrize("make", [speech, lambda count, seed: 3.0 * rows(count, seed)])
@pytest.mark.parametrize("count", [3, 700, 30_000])
def test_whole_numbers_give_the_very_bits_that_exact_products_give(
    monkeypatch: pytest.MonkeyPatch, count: int, make: Callable[[int, int], Rows]
) -> None:
    vectors, content = (torch.from_numpy(make(size, seed)) for size, seed in ((count, 1), (400, 2)))
    with torch.inference_mode():
        whole = Retrieval(vectors, rough=True)(content)
        monkeypatch.setattr(module, "multiplies_whole", lambda: False)
        monkeypatch.setattr(module, "rough_product", torch.matmul)
        assert torch.equal(Retrieval(vectors, rough=True)(content), whole)


def test_whole_numbers_take_silence_and_vectors_of_any_size() -> None:
    vectors = torch.from_numpy(speech(200, 1)) * torch.logspace(-6, 6, 200)[:, None]
    products = module.WholeVectors(vectors).products(torch.zeros(20, 96), 0, 200)
    assert not products.any()
    found = module.WholeVectors(vectors).products(vectors[:20], 0, 200)
    wanted = vectors @ vectors[:20].t()
    norms = torch.linalg.vector_norm(vectors, dim=1)
    assert float(((found - wanted).abs() / norms[:, None] / norms[:20]).max()) <= 0.01


def test_an_exact_match_is_found_with_rounded_products_too(rounded: None) -> None:
    vectors = torch.from_numpy(speech(5_000, 3))
    with torch.inference_mode():
        found = Retrieval(vectors, rough=True)(vectors[:50])
    np.testing.assert_allclose(found.numpy(), vectors[:50].numpy(), atol=1e-4)


def test_a_processor_rounds_only_what_may_be_rough() -> None:
    a, b = (torch.from_numpy(rows(64, seed)) for seed in (1, 2))
    compute_exactly()
    with torch.inference_mode():
        before = a @ b.t()
        rough = module.rough_product(a, b.t())
        torch.testing.assert_close(a @ b.t(), before, rtol=0.0, atol=0.0)
    torch.testing.assert_close(rough, before, rtol=0.0, atol=0.2)


@pytest.mark.skipif(not processor_has_bf16(), reason="this processor multiplies no bf16 in hardware")
def test_a_processor_with_units_for_it_does_round() -> None:
    # As large as they are in use: without units for whole matrices, small products are quicker unrounded.
    a, b = (torch.randn(size, 768) for size in (module.ROUGH_BLOCK_ON_CPU, module.FRAMES))
    with torch.inference_mode():
        assert not torch.equal(module.rough_product(a, b.t()), a @ b.t())
