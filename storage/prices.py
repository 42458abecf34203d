"""What machines and their power cost, by class, as the owner has set it, in whatever currency."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.errors import SettingsError
from storage.settings import Settings

#: The name under which a price stands that holds for all classes that have none of their own.
EVERY = "all"
_JOULES_PER_KWH = 3.6e6
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by class, capability, or for all machines."""

    per_hour: Mapping[str, float]
    per_kwh: Mapping[str, float]

    @classmethod
    def of(cls, settings: Settings) -> "Prices":
        """The prices of these settings; none where none are set."""
        return cls(_read("price_per_hour", settings.price_per_hour), _read("price_per_kwh", settings.price_per_kwh))

    def cost(self, machine_class: str, seconds: float, joules: float | None = None) -> float | None:
        """What so many seconds of a machine cost, with the energy where that is known; None if no price is set."""
        hour, kwh = _found(self.per_hour, machine_class), _found(self.per_kwh, machine_class)
        if hour is None and (kwh is None or joules is None):
            return None
        power = (kwh or 0.0) * (joules or 0.0) / _JOULES_PER_KWH
        return (hour or 0.0) * seconds / _SECONDS_PER_HOUR + power


#: The prices of an owner who has set none.
NO_PRICES = Prices({}, {})


def _found(prices: Mapping[str, float], machine_class: str) -> float | None:
    """The price of a class: its own, its capability's, or everybody's."""
    names = (machine_class, machine_class.partition(".")[0], EVERY)
    return next((prices[name] for name in names if name in prices), None)


def _read(setting: str, text: str) -> dict[str, float]:
    """Prices such as `cuda.h200=3.20, cpu=0.10`, or one for all machines."""
    found: dict[str, float] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        name, equals, price = (part.strip() for part in one.partition("="))
        try:
            value = float(price if equals else one)
        except ValueError:
            value = -1.0
        if (equals and not name) or not 0.0 <= value < float("inf"):
            raise SettingsError(
                f"{setting} has '{one}', which is no price; write a number for all machines, or classes and numbers"
                " such as cuda.h200=3.20, cpu=0.10"
            )
        found[name if equals else EVERY] = value
    return found
