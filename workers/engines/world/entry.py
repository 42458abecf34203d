"""What the catalog asks of every engine, answered for WORLD voices."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from workers.engines.engine import PackageFolders, Voice
from workers.engines.world import engine
from workers.engines.world.engine import FAMILY, RATE_OUT
from workers.engines.world.recipe import WorldVoice
from workers.engines.world.settings import WorldSettings
from workers.engines.world.voices import VOICES

__all__ = ["FAMILY", "built_in_voices", "checked_recipe", "checked_settings", "load", "rate_out", "runs_on"]


def rate_out(recipe: Mapping[str, Any]) -> int:  # noqa: ARG001 - the same for every recipe
    """The rate of every WORLD voice."""
    return RATE_OUT


def built_in_voices() -> dict[str, dict[str, Any]]:
    """Recipes by name."""
    return {name: voice.to_json() for name, voice in VOICES.items()}


def checked_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe, complete and valid."""
    return WorldVoice.from_json(recipe).to_json()


def checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, complete and valid."""
    return asdict(WorldSettings.from_json(settings))


def runs_on(capability: str) -> bool:  # noqa: ARG001 - the processor does the work everywhere
    """Whether its vocoder is installed here."""
    return find_spec("pyworld") is not None


def load(
    recipe: Mapping[str, Any],
    packages: PackageFolders,  # noqa: ARG001 - the recipe is all there is to a voice
    capability: str,  # noqa: ARG001 - the processor does the work everywhere
) -> Voice:
    """The voice, ready."""
    return engine.load(recipe)
