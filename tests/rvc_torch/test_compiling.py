"""Compiled programs, tested on the processor because every machine has one, though there they must be asked for."""

import shutil
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from workers.engines.rvc.torch import compiling

pytestmark = [
    pytest.mark.timeout(240),
    # torch's compiler causes warnings about its own code.
    pytest.mark.filterwarnings("default"),
]

CPU = torch.device("cpu")


class Scaled(torch.nn.Module):
    """A net with one weight."""

    weight: Tensor

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.register_buffer("weight", torch.full((8,), weight))

    def work(self, x: Tensor) -> Tensor:
        return torch.tanh(x * self.weight)


class Shelf:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.things.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.things[name] = data


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(compiling.OVERRULED, "on")
    torch.compiler.reset()
    yield
    torch.compiler.reset()
    compiling._SHARING.clear()


def test_processors_compile_nothing_unless_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiling.OVERRULED, raising=False)
    assert compiling.compiled(Scaled.work, CPU) is Scaled.work
    monkeypatch.setenv(compiling.OVERRULED, "on")
    assert compiling.compiles(CPU)
    monkeypatch.setenv(compiling.OVERRULED, "off")
    assert not compiling.compiles(torch.device("cuda"))


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs g++, which is not installed")
def test_one_program_serves_every_voice_and_is_shared(compiler: None) -> None:
    shelf, x = Shelf(), torch.linspace(-1.0, 1.0, 8)
    assert not compiling.share_programs("cpu", shelf, "2")
    made_before = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    with torch.inference_mode():
        for weight in (0.5, 2.0):
            nets = Scaled(weight)
            torch.testing.assert_close(compiling.compiled(Scaled.work, CPU)(nets, x), nets.work(x))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == made_before + 1
    compiling.share_new_programs()
    (name,) = shelf.things
    assert torch.__version__ in name
    laid_out = shelf.things.pop(name)
    compiling.share_new_programs()
    assert shelf.things == {}, "nothing new was compiled"
    shelf.things[name] = laid_out
    assert compiling.share_programs("cpu", shelf, "2")
