"""Watching the device that is measured, by the tool of whoever made it."""

import platform
from collections.abc import Mapping

from workers.measuring.device_state import DeviceState
from workers.measuring.nvidia_smi import nvidia_state, nvidia_watts
from workers.measuring.powermetrics import mac_state, mac_watts

_MAC = "Darwin"


def device_state(capability: str, environment: Mapping[str, str]) -> DeviceState:
    """How the device for a capability stands; of nothing where no tool tells."""
    if capability == "cuda":
        return nvidia_state(environment)
    return mac_state() if platform.system() == _MAC else DeviceState()


def is_power_looked_at(capability: str) -> bool:
    """Whether its energy is found by looking at its power again and again, which disturbs what is timed."""
    return capability == "cuda" or platform.system() == _MAC


def drawn_watts(capability: str, environment: Mapping[str, str]) -> float | None:
    """The power that it draws at this moment."""
    return nvidia_watts(environment) if capability == "cuda" else mac_watts()
