"""The settings of a job for one voice: its own presets below what was asked for, in the words of its engine."""

from collections.abc import Mapping
from typing import Any

from dispatcher.jobs.voices import KnownVoice
from storage.errors import InputError
from workers.engines import catalog

#: Settings that people know by one name and an engine by another.
_CALLED = {"rvc": {"pitch": "transpose"}}


def job_settings(voice: KnownVoice, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Settings complete and valid, or an InputError."""
    wanted = _in_words_of(voice.engine, voice.recipe, asked)
    return catalog.checked_settings(voice.engine, {**voice.defaults, **wanted})


def checked_presets(engine: str, recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Settings to keep with a voice: those that are given, each valid."""
    presets = _in_words_of(engine, recipe, asked)
    catalog.checked_settings(engine, presets)
    return presets


def _in_words_of(engine: str, recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    called = _CALLED.get(engine, {})
    wanted = {called.get(name, name): value for name, value in asked.items()}
    if len(wanted) < len(asked):
        twice = ", ".join(sorted(name for name in called if name in asked))
        raise InputError(f"{twice} is given twice, once under each of its names; leave one away")
    if "speaker" in wanted and "speakers" in recipe:
        wanted["speaker"] = _speaker(recipe, wanted["speaker"])
    return wanted


def _speaker(recipe: Mapping[str, Any], asked: object) -> int:
    """A speaker's number, by number or by name."""
    names: Mapping[str, str] = recipe.get("speaker_names") or {}
    by_name = {name: int(number) for number, name in names.items()}
    number = by_name.get(str(asked), asked)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < int(recipe["speakers"]):
        named = f" ({', '.join(f'{n} {name}' for n, name in sorted(names.items()))})" if names else ""
        raise InputError(
            f"the voice has no speaker {asked!r}; its speakers are 0 to {int(recipe['speakers']) - 1}{named}"
        )
    return number
