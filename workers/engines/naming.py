"""What people call settings, and in which units: one name and one unit, though engines store what they always stored.

What is stored determines the keys of results, so it keeps its own names and numbers. What people read and write is
turned here; names and units that were used before are still understood.
"""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

from storage.errors import InputError
from workers.engines.fields import read_number
from workers.engines.setting import Setting, Unit

#: Digits after the point of numbers that were turned into another unit for people: a millionth of a semitone.
_DIGITS = 6
_PER_OCTAVE = 12.0


def semitones_of(ratio: float) -> float:
    """How far apart two frequencies of this ratio are."""
    return _PER_OCTAVE * math.log2(ratio)


def ratio_of(semitones: float) -> float:
    """The ratio of two frequencies that are so far apart."""
    return float(2.0 ** (semitones / _PER_OCTAVE))


_TURNS: Mapping[tuple[Unit, Unit], Callable[[float], float]] = {
    (Unit.SEMITONES, Unit.RATIO): ratio_of,
    (Unit.RATIO, Unit.SEMITONES): semitones_of,
}


def in_own_words(what: str, settings: Collection[Setting], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, under the engine's own names and in its own units; unknown names are left as they are."""
    called = {name: setting for setting in settings for name in (setting.name, *setting.names)}
    own: dict[str, Any] = {}
    for name, value in asked.items():
        setting = called.get(name)
        mine = setting.name if setting else name
        if mine in own:
            twice = setting.common_name if setting else name
            raise InputError(f"{twice} is given twice, once under each of its names; leave one out")
        own[mine] = _turned(what, setting, name, value) if setting else value
    return own


def in_common_words(settings: Collection[Setting], own: Mapping[str, Any]) -> dict[str, Any]:
    """The same the other way round: what an engine stores, in the words that people use."""
    mine = {setting.name: setting for setting in settings}
    return {
        mine[name].common_name if name in mine else name: _shown(mine[name], value) if name in mine else value
        for name, value in own.items()
    }


def _turned(what: str, setting: Setting, name: str, value: object) -> Any:
    turn = _TURNS.get((setting.names.get(name, setting.unit), setting.unit))
    if turn is None:
        return value
    back = _TURNS[setting.unit, setting.names[name]]
    low, high = sorted(round(back(limit), _DIGITS) for limit in setting.limits)
    return turn(read_number(what, name, value, low, high))


def _shown(setting: Setting, value: Any) -> Any:
    turn = _TURNS.get((setting.unit, setting.names.get(setting.common_name, setting.unit)))
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return round(turn(value), _DIGITS) if turn and is_number else value
