"""Chooses the numbers that a device computes in."""

import torch

from storage.errors import InputError

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
#: The compute capabilities from which NVIDIA devices multiply these numbers at full speed.
_BF16_FROM, _FP16_FROM = (8, 0), (7, 0)


def dtype_for(precision: str, device: torch.device) -> torch.dtype:
    """The numbers asked for, or with `auto` the fastest in which nobody hears a difference."""
    if precision != "auto":
        _require(precision, device)
        return _DTYPES[precision]
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        if capability >= _BF16_FROM:
            return torch.bfloat16
        return torch.float16 if capability >= _FP16_FROM else torch.float32
    if device.type == "cpu" and _has_bf16_cores():
        return torch.bfloat16
    return torch.float32


def compute_exactly() -> None:
    """Let single precision mean it on NVIDIA devices too, whose convolutions and GRUs would round to 10 bits."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def precision_name(dtype: torch.dtype) -> str:
    """The name that the setting has for it."""
    return next(name for name, known in _DTYPES.items() if known == dtype)


def _require(precision: str, device: torch.device) -> None:
    if device.type == "cuda" and precision == "bf16" and torch.cuda.get_device_capability(device) < _BF16_FROM:
        raise InputError(f"{torch.cuda.get_device_name(device)} cannot compute in bf16; choose precision auto or fp16")


def _has_bf16_cores() -> bool:
    """Whether the processor multiplies bf16 in hardware; otherwise bf16 is slower than single precision."""
    known = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(check is not None and check() for check in known)
