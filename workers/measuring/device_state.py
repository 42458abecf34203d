"""What a device is doing, whoever tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Clocks, heat and power; None where the system does not tell."""

    clock_mhz: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    busy: float | None = None
    throttled: str = ""
    """What holds it back."""
    others: tuple[str, ...] = ()
    """Other programs on it."""
