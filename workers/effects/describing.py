"""The effects as people read about them."""

from dataclasses import asdict, dataclass
from typing import Any

from workers.effects.catalog import ALL
from workers.effects.effect import Effect
from workers.effects.settings import Entry, entries_of


@dataclass(frozen=True, slots=True)
class SettingDescribed:
    """A setting of an effect, for people and programs."""

    name: str
    unit: str
    low: float
    high: float
    usual: float | None
    """What holds where it is not given; None where it must be."""
    meaning: str

    @property
    def usage(self) -> str:
        """How it is written."""
        return self.name.upper() if self.usual is None else f"[{self.name}={self.usual:.3g}]"


@dataclass(frozen=True, slots=True)
class Described:
    """An effect, for people and programs."""

    name: str
    version: str
    does: str
    settings: tuple[SettingDescribed, ...]

    @property
    def usage(self) -> str:
        """Its settings as they are written behind its name."""
        return " ".join(setting.usage for setting in self.settings)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def described() -> list[Described]:
    """Every effect."""
    return [
        Described(effect.name, effect.version, _does(effect), tuple(_setting(entry) for entry in entries_of(effect)))
        for effect in ALL
    ]


def _does(effect: type[Effect]) -> str:
    sentence = " ".join((effect.__doc__ or "").split())
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _setting(entry: Entry) -> SettingDescribed:
    return SettingDescribed(entry.name, entry.unit.value, entry.low, entry.high, entry.usual, entry.meaning)
