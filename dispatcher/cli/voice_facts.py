"""A voice's recipe in words."""

from collections.abc import Mapping
from typing import Any

from dispatcher.jobs.voices import KnownVoice

#: Width of the content features that voices of RVC's first version want; the second takes wider ones.
_WIDTH_OF_V1 = 256


def kind_of(voice: KnownVoice) -> str:
    """The engine, with the version of what it was trained as."""
    if "package" not in voice.recipe:
        return voice.engine
    return f"{voice.engine} {'v1' if voice.recipe['content'] == _WIDTH_OF_V1 else 'v2'}"


def shown_recipe(voice: KnownVoice) -> str:
    """The recipe in one line."""
    facts = [f"{name} {value}" for name, value in shown_facts(voice) if name not in ("package", "speaker")]
    return ", ".join(facts)


def shown_facts(voice: KnownVoice) -> list[tuple[str, object]]:
    """What the recipe says, name by name."""
    shown = _package(voice.recipe) if "package" in voice.recipe else _numbers(voice.recipe)
    return [*shown, *([("settings", _listed(voice.defaults))] if voice.defaults else [])]


def _numbers(recipe: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [(name, f"{value:g}") for name, value in recipe.items() if name != "defaults"]


def _package(recipe: Mapping[str, Any]) -> list[tuple[str, object]]:
    names: Mapping[str, str] = recipe.get("speaker_names") or {}
    vectors = recipe.get("vectors") or 0
    return [
        ("pitch", "yes" if recipe["has_pitch"] else "no"),
        ("index", f"{vectors} vectors" if vectors else "none"),
        ("speakers", recipe["speakers"]),
        *(("speaker", f"{number} {name}") for number, name in sorted(names.items(), key=lambda s: int(s[0]))),
        ("encoder", recipe["embedder"]),
        ("package", recipe["package"]),
    ]


def _listed(settings: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items())
