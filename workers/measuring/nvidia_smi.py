"""What NVIDIA's own tool tells of a device: clocks, heat, power, who else is on it, and what holds it back."""

import csv
import os
import subprocess
from collections.abc import Mapping

from workers.engines.nvidia import nvidia_devices
from workers.measuring.device_state import DeviceState

#: The tool, which comes with the driver.
TOOL = "nvidia-smi"
_ASKED = "clocks.sm,temperature.gpu,power.draw,utilization.gpu"
#: What holds a device back, as the tool calls it, and as people do.
_HELD_BACK = {
    "clocks_throttle_reasons.sw_power_cap": "the power limit",
    "clocks_throttle_reasons.hw_slowdown": "heat or power, by the hardware",
    "clocks_throttle_reasons.sw_thermal_slowdown": "heat",
}


def nvidia_state(environment: Mapping[str, str]) -> DeviceState:
    """The state of the first NVIDIA device that this process may use; of nothing if there is none or no tool."""
    devices = nvidia_devices(environment)
    if not devices:
        return DeviceState()
    rows = _answer(devices[0], f"--query-gpu={_ASKED},{','.join(_HELD_BACK)}")
    if len(rows) != 1 or len(rows[0]) != 4 + len(_HELD_BACK):
        return DeviceState()
    clock, heat, power, busy, *held = rows[0]
    reasons = [name for name, answer in zip(_HELD_BACK.values(), held, strict=True) if answer == "Active"]
    percent = _number(busy)
    return DeviceState(
        _number(clock), _number(heat), _number(power), None if percent is None else percent / 100.0,
        ", ".join(reasons), _others(devices[0]),
    )  # fmt: skip


def nvidia_watts(environment: Mapping[str, str]) -> float | None:
    """The power that the first NVIDIA device draws at this moment."""
    devices = nvidia_devices(environment)
    rows = _answer(devices[0], "--query-gpu=power.draw") if devices else []
    return _number(rows[0][0]) if rows else None


def _others(device: str) -> tuple[str, ...]:
    rows = _answer(device, "--query-compute-apps=pid,process_name")
    return tuple(row[1] for row in rows if len(row) == 2 and row[0] != str(os.getpid()))


def _answer(device: str, question: str) -> list[list[str]]:
    command = [TOOL, f"--id={device}", question, "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    return [[cell.strip() for cell in row] for row in csv.reader(told.splitlines())]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
