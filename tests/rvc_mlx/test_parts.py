"""Parts computed in another way than in torch, each compared with MLX's or torch's own."""

import mlx.core as mx
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.rvc_mlx.likeness import assert_twins
from workers.engines.rvc.mlx.convolution import Upsampling, convolved
from workers.engines.rvc.mlx.gru import BEGUN, Gru
from workers.engines.rvc.mlx.retrieval import Retrieval
from workers.engines.rvc.mlx.rmvpe import lengthened
from workers.engines.rvc.mlx.rmvpe import peaks as peaks_in_mlx
from workers.engines.rvc.mlx.unet import ImageUpsampling
from workers.engines.rvc.peaks import peaks
from workers.engines.rvc.torch.retrieval import Retrieval as TorchRetrieval

RANDOM = np.random.default_rng(8)


def noise(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return RANDOM.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "weight", "padding", "stride", "dilation", "groups"),
    [
        ((2, 50, 6), (4, 7, 6), 9, 1, 3, 1),
        ((2, 50, 6), (4, 3, 6), 0, 2, 1, 1),
        ((2, 50, 6), (4, 1, 6), 0, 2, 1, 1),
        ((2, 50, 6), (4, 1, 6), 0, 1, 1, 1),
        ((2, 50, 6), (9, 16, 2), 8, 1, 1, 3),
        ((2, 50, 6), (9, 4, 2), 1, 2, 3, 3),
        # Enough work to be shared among cores.
        ((2, 401, 40), (48, 5, 40), 2, 2, 1, 1),
        ((2, 400, 48), (48, 32, 24), 16, 1, 1, 2),
        ((2, 400, 40), (80, 1, 40), 0, 1, 1, 1),
        ((1, 60, 16, 24), (24, 3, 3, 24), 1, 1, 1, 1),
        ((2, 20, 12, 6), (4, 3, 3, 6), 1, 1, 1, 1),
        ((2, 20, 12, 6), (4, 1, 1, 6), 0, 1, 1, 1),
    ],
)
def test_matrix_products_equal_mlxs_own_convolutions(
    shape: tuple[int, ...], weight: tuple[int, ...], padding: int, stride: int, dilation: int, groups: int
) -> None:
    x, kernel = mx.array(noise(*shape)), mx.array(noise(*weight))
    wanted = mx.conv_general(x, kernel, stride=stride, padding=padding, kernel_dilation=dilation, groups=groups)
    found = convolved(x, kernel, padding=padding, stride=stride, dilation=dilation, groups=groups)
    assert_twins(found, wanted)


@pytest.mark.parametrize(("kernel", "step"), [(24, 12), (20, 10), (16, 10), (4, 2), (16, 4), (20, 8)])
def test_upsampling_is_a_transposed_convolution(kernel: int, step: int) -> None:
    x, weight, bias = noise(2, 9, 6), noise(6, 3, kernel), noise(3)
    wanted = mx.conv_transpose1d(
        mx.array(x), mx.array(weight.transpose(1, 2, 0)), stride=step, padding=(kernel - step) // 2
    )
    assert_twins(Upsampling(mx.array(weight), mx.array(bias), step)(mx.array(x)), wanted + mx.array(bias))


def test_images_are_doubled_as_by_a_transposed_convolution() -> None:
    weights = {"up.weight": noise(6, 4, 3, 3), "up.bias": noise(4)}
    x = noise(2, 5, 7, 6)
    wanted = torch.nn.functional.conv_transpose2d(
        torch.from_numpy(x).permute(0, 3, 1, 2),
        *(torch.from_numpy(weights[f"up.{part}"]) for part in ("weight", "bias")),
        stride=2,
        padding=1,
        output_padding=1,
    )
    found = ImageUpsampling(weights, "up", mx.float32)(mx.array(x))
    assert_twins(found, wanted.permute(0, 2, 3, 1))


def test_the_recurrence_matches_torch_over_many_frames() -> None:
    net = torch.nn.GRU(10, 6, batch_first=True, bidirectional=True)
    weights = {f"gru.{name}": tensor.detach().numpy() for name, tensor in net.state_dict().items()}
    x = noise(2, 3 * BEGUN + 5, 10)
    with torch.inference_mode():
        wanted = net(torch.from_numpy(x))[0]
    assert_twins(Gru(weights, "gru")(mx.array(x)), wanted)


@pytest.mark.parametrize(("frames", "added"), [(9, 5), (4, 7)])
def test_an_image_too_short_to_mirror_repeats_its_ends(frames: int, added: int) -> None:
    x = noise(1, frames, 3)
    mode = "reflect" if added < frames else "replicate"
    wanted = torch.nn.functional.pad(torch.from_numpy(x).mT, (0, added), mode=mode).mT
    assert np.array_equal(np.array(lengthened(mx.array(x), 0, added)), wanted.numpy())


@pytest.mark.parametrize("vectors", [3, 64, 1000, 2500])
def test_retrieval_of_any_size_matches_torch(vectors: int) -> None:
    rows, content = noise(vectors, 24), noise(30, 24)
    wanted = TorchRetrieval(torch.from_numpy(rows))(torch.from_numpy(content))
    assert_twins(Retrieval(rows)(mx.array(content)), wanted)


def test_an_exact_match_is_taken_as_it_is() -> None:
    rows = noise(100, 24)
    found = np.array(Retrieval(rows)(mx.array(rows[40:60])))
    assert np.allclose(found, rows[40:60], atol=1e-6)


@given(arrays.arrays(
    np.float32, st.tuples(st.integers(1, 3), st.integers(1, 6), st.sampled_from([5, 40, 360])),
    elements=st.floats(0.0, 1.0, width=32, allow_subnormal=False) | st.sampled_from([0.0, 0.5, 1.0]),
))  # fmt: skip
def test_the_peaks_found_by_mlx_are_those_found_by_numpy(
    salience: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    np.testing.assert_array_equal(np.array(peaks_in_mlx(mx.array(salience))), peaks(salience))
