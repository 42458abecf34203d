"""Folded weight norm gives the same weights as torch itself."""

from collections.abc import Mapping
from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np
import pytest
import torch
from torch.nn.utils import parametrizations, parametrize

from testing.voice_files.voices import save
from workers.engines.rvc.files.checkpoint import open_checkpoint
from workers.engines.rvc.files.draft import Stored
from workers.engines.rvc.files.recognition import Form
from workers.engines.rvc.files.weight_norm import folded

NETS = {
    "dec.resblocks.0.convs1.0": (torch.nn.Conv1d(6, 6, 3), 0),
    "dec.ups.0": (torch.nn.ConvTranspose1d(6, 3, 4, 2), 0),
    "encoder.pos_conv_embed.conv": (torch.nn.Conv1d(8, 8, 4, groups=2), 2),
}


def normed(name: str, *, newer: bool) -> torch.nn.Module:
    net, dimension = NETS[name]
    net = type(net)(net.in_channels, net.out_channels, net.kernel_size, groups=net.groups)
    if newer:
        net = parametrizations.weight_norm(net, dim=dimension)
        lengths = net.parametrizations.weight.original0
    else:
        with catch_warnings():
            # torch deprecates the older spelling, but most files still use it.
            simplefilter("ignore")
            net = torch.nn.utils.weight_norm(net, dim=dimension)
        lengths = net.weight_g
    torch.nn.init.normal_(lengths)
    return net


def read(tensors: Mapping[str, torch.Tensor], path: Path) -> dict[str, np.ndarray]:
    save(dict(tensors), path)
    with open_checkpoint(path, Form.TORCH_ZIP) as said:
        stored: dict[str, Stored] = said
        return {name: tensor.read() for name, tensor in folded(stored).items()}


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("name", list(NETS))
def test_a_folded_weight_is_what_torch_computes(name: str, newer: bool, tmp_path: Path) -> None:
    net = normed(name, newer=newer)
    found = read({f"{name}.{key}": value for key, value in net.state_dict().items()}, tmp_path / "net.pth")
    if newer:
        parametrize.remove_parametrizations(net, "weight")
    else:
        torch.nn.utils.remove_weight_norm(net)
    expected = {f"{name}.{key}": value.numpy() for key, value in net.state_dict().items()}
    assert found.keys() == expected.keys()
    for key, weight in expected.items():
        np.testing.assert_allclose(found[key], weight, rtol=2e-6, atol=1e-7)


def test_a_plain_weight_stays_as_it_is(tmp_path: Path) -> None:
    plain = {"dec.ups.0.weight": torch.randn(6, 3, 4), "dec.ups.0.bias": torch.randn(3)}
    found = read(plain, tmp_path / "net.pth")
    assert found.keys() == plain.keys()
    assert all((found[name] == plain[name].numpy()).all() for name in plain)
