"""Settings that an engine declares, each once: what a job may ask for, within which limits, and a text for people."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from workers.engines.fields import read_choice, read_number, read_seed, read_whole, refuse_unknown

_DECLARED = "setting"


class Form(StrEnum):
    """The form of a value."""

    NUMBER = "number"
    WHOLE = "whole"
    CHOICE = "choice"
    NAME = "name"
    SEED = "seed"


class Unit(StrEnum):
    """What a number counts, where there is more than one way to say the same."""

    PLAIN = "plain"
    SEMITONES = "semitones"
    RATIO = "ratio"


#: The names of what several engines can do to a voice. Those after the first are older, or those of other programs.
PITCH: Mapping[str, Unit] = MappingProxyType(
    {"pitch": Unit.SEMITONES, "transpose": Unit.SEMITONES, "pitch_semitones": Unit.SEMITONES}
)
FORMANT: Mapping[str, Unit] = MappingProxyType({"formant_shift": Unit.SEMITONES, "formant_ratio": Unit.RATIO})
#: What settings under these names do, in the same words for all engines.
PITCH_HELP = "semitones up or down, on top of the voice's own"
FORMANT_HELP = "resonances in semitones up or down; above 0 a smaller throat"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that a job may give."""

    name: str
    form: Form
    default: Any
    help: str
    """A sentence for people, beginning with a small letter and without a full stop."""
    limits: tuple[float, float] = (0.0, 0.0)
    """The smallest and the largest value of a number."""
    choices: tuple[str, ...] = ()
    unit: Unit = Unit.PLAIN
    """The unit in which it is stored."""
    names: Mapping[str, Unit] = field(default_factory=dict)
    """Other names by which people may ask for it, each with its unit; the first is the one that they are shown, and
    that all engines share. Without any, it is shown under its own.
    """
    is_of_whole: bool = False
    """Whether it is applied to the joined result, so that no atom is converted again for another value."""

    @property
    def common_name(self) -> str:
        """The name that all engines with such a setting share."""
        return next(iter(self.names), self.name)

    @property
    def _told(self) -> str:
        """Its name in an error about a value in its own unit."""
        return self.common_name if self.names.get(self.common_name, self.unit) is self.unit else self.name

    def read(self, what: str, value: object) -> Any:
        """The valid value; raises an InputError that says what it belongs to."""
        if self.form is Form.NUMBER:
            return read_number(what, self._told, value, *self.limits)
        if self.form is Form.CHOICE:
            return read_choice(what, self.name, value, self.choices)
        if self.form is Form.SEED:
            return read_seed(what, value)
        return read_whole(what, self.name, value, int(self.limits[1]))


def written_value(text: str) -> Any:
    """The value that a text stands for: numbers, true and false as such, everything else as text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def number(default: float, low: float, high: float, about: str, **more: Any) -> Any:
    """A field that holds a number."""
    return _declared(Setting("", Form.NUMBER, default, about, limits=(low, high), **more))


def choice(choices: Collection[str], about: str, **more: Any) -> Any:
    """A field that holds one of a few words, by default the first."""
    words = tuple(choices)
    return _declared(Setting("", Form.CHOICE, more.pop("default", words[0]), about, choices=words, **more))


def numbered(most: int, about: str) -> Any:
    """A field that holds the number of something that may also have a name."""
    return _declared(Setting("", Form.NAME, 0, about, limits=(0, most)))


def seed() -> Any:
    """The seed, a field that every engine has."""
    return _declared(Setting("", Form.SEED, 0, "seed of all randomness; the same seed, the same sound"))


def _declared(setting: Setting) -> Any:
    return field(default=setting.default, metadata={_DECLARED: setting})


def declared(settings_class: type) -> tuple[Setting, ...]:
    """The settings that a dataclass declares with its fields."""
    return tuple(replace(f.metadata[_DECLARED], name=f.name) for f in fields(settings_class) if f.metadata)


def read_settings(what: str, settings: Collection[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given settings, each valid; one that is not declared is refused."""
    refuse_unknown(what, given, {setting.name: setting.common_name for setting in settings})
    return {setting.name: setting.read(what, given[setting.name]) for setting in settings if setting.name in given}
