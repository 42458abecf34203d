"""The numbers that RVC's nets may be computed in, and what decides between them."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

#: Whatever the device has of these, in the order of preference, with how fast it is there compared with the others.
#: Where a device multiplies both kinds of half precision, it does so equally fast. Single precision takes processors
#: twice as long, and other devices several times as long.
PACES: Mapping[str, float] = {"bf16": 1.0, "fp16": 1.0, "fp32": 0.5}
#: The numbers that every device computes in.
EVERYWHERE = "fp32"

#: Flags of processors that multiply bf16 in hardware, as Linux calls them; on others it is slower than fp32.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


@lru_cache(maxsize=1)
def processor_has_bf16() -> bool:
    """Whether this machine's processor multiplies bf16 in hardware; found out without loading a framework."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _BF16_FLAGS.isdisjoint(flags.split())
