"""Chooses the numbers that a device computes in."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from storage.errors import InputError
from workers.engines.rvc.numbers import EVERYWHERE, processor_has_bf16
from workers.engines.rvc.settings import AUTO

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
#: The compute capabilities from which NVIDIA devices multiply these numbers at full speed.
_BF16_FROM, _FP16_FROM = (8, 0), (7, 0)


def dtype_for(precision: str, device: torch.device) -> torch.dtype:
    """The numbers asked for, or with `auto` the fastest in which nobody hears a difference."""
    if precision != AUTO:
        _require(precision, device)
        return _DTYPES[precision]
    if device.type == "cuda":
        return _DTYPES[next(iter(halves(torch.cuda.get_device_capability(device))), EVERYWHERE)]
    return torch.bfloat16 if device.type == "cpu" and processor_has_bf16() else torch.float32


def halves(capability: tuple[int, int]) -> tuple[str, ...]:
    """The kinds of half precision that an NVIDIA device of this compute capability multiplies at full speed."""
    known = (("bf16", _BF16_FROM), ("fp16", _FP16_FROM))
    return tuple(precision for precision, since in known if capability >= since)


def compute_exactly() -> None:
    """Let single precision mean it on NVIDIA devices too, whose convolutions and GRUs would round to 10 bits."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


@contextmanager
def roughly(device: torch.device) -> Iterator[None]:
    """Let products of single precision round their factors to 8 or 10 bits in the block, and add up in full.

    It is for what is looked at again in full; where torch or the processor cannot do that, nothing changes.
    """
    switch = torch.backends.cuda.matmul if device.type == "cuda" else getattr(torch.backends.mkldnn, "matmul", None)
    name, wanted = ("allow_tf32", True) if device.type == "cuda" else ("fp32_precision", "bf16")
    if not hasattr(switch, name):
        yield
        return
    before = getattr(switch, name)
    setattr(switch, name, wanted)
    try:
        yield
    finally:
        setattr(switch, name, before)


def precision_name(dtype: torch.dtype) -> str:
    """The name that the setting has for it."""
    return next(name for name, known in _DTYPES.items() if known == dtype)


def _require(precision: str, device: torch.device) -> None:
    if device.type == "cuda" and precision == "bf16" and torch.cuda.get_device_capability(device) < _BF16_FROM:
        raise InputError(f"{torch.cuda.get_device_name(device)} cannot compute in bf16; choose precision auto or fp16")
