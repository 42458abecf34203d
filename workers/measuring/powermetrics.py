"""What a Mac's own tool tells of its chip: power, the GPU's clock and load, and whether heat holds it back.

Only an administrator may ask, so it is asked where that takes no password (`sudo -n`), and else tells nothing.
"""

import plistlib
import subprocess
from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError

from workers.measuring.device_state import DeviceState

#: One look of a fifth of a second, as a property list.
COMMAND = (
    "sudo", "-n", "powermetrics", "-n", "1", "-i", "200", "--samplers", "cpu_power,gpu_power,thermal", "-f", "plist",
)  # fmt: skip
#: What the tool calls a chip that nothing holds back.
_COOL = "Nominal"
_MILLIWATTS = 1000.0


def mac_state() -> DeviceState:
    """The state of this Mac's chip."""
    told = _told()
    gpu = told.get("gpu", {})
    pressure = told.get("thermal_pressure", _COOL)
    idle = _number(gpu.get("idle_ratio"))
    return DeviceState(
        # The tool gives megahertz under this name.
        clock_mhz=_number(gpu.get("freq_hz")),
        power_w=_watts(told),
        busy=None if idle is None else 1.0 - idle,
        throttled="" if pressure == _COOL else f"heat ({pressure})",
    )


def mac_watts() -> float | None:
    """The power that its processor and GPU draw at this moment."""
    return _watts(_told())


def _watts(told: Mapping[str, Any]) -> float | None:
    drawn = _number(told.get("processor", {}).get("combined_power"))
    return None if drawn is None else drawn / _MILLIWATTS


def _told() -> Mapping[str, Any]:
    try:
        said = subprocess.run(COMMAND, capture_output=True, timeout=10, check=True).stdout  # noqa: S603
        # Each sample ends with a zero byte.
        found = plistlib.loads(said.strip(b"\0\n"))
    except (OSError, subprocess.SubprocessError, plistlib.InvalidFileException, ExpatError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
