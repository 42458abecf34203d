"""What the catalog asks of every engine, answered for WORLD voices."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from workers.engines.world.engine import FAMILY, RATE_OUT, load
from workers.engines.world.recipe import WorldVoice
from workers.engines.world.settings import WorldSettings
from workers.engines.world.voices import VOICES

__all__ = ["FAMILY", "built_in_voices", "checked_recipe", "checked_settings", "load", "rate_out"]


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
