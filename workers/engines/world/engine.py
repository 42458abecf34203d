"""WORLD vocoder voices as the farm sees them: they need no model files and run on every machine."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from workers.engines.engine import Engine
from workers.engines.naming import in_common_words, in_own_words
from workers.engines.setting import declared
from workers.engines.voice import PackageFolders, Voice
from workers.engines.world.frames import HOP, RATE
from workers.engines.world.phase import ANCHOR_STEP
from workers.engines.world.recipe import VOICES, WorldSettings, WorldVoice


class WorldEngine(Engine):
    """Voices that change the pitch, formants and breath of the source."""

    name = "world"
    title = "WORLD"
    version = "1"
    rate_in = RATE
    # From any join to the anchor of the pulses beyond it, plus what the pitch finder needs around that. With this much
    # context, where a recording is cut makes no difference except for rounding.
    context_seconds = ANCHOR_STEP * HOP / RATE + 0.25
    # Measured: 124 to 127 MB.
    worker_bytes = 150_000_000
    settings = declared(WorldSettings)

    def rate_out(self, recipe: Mapping[str, Any]) -> int:  # noqa: ARG002 - the same for every recipe
        """The rate of every WORLD voice."""
        return RATE

    def built_in_voices(self) -> Mapping[str, dict[str, Any]]:
        """The recipes of its voices, by name."""
        return {name: voice.to_json() for name, voice in VOICES.items()}

    def checked_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """The recipe, complete and valid."""
        return WorldVoice.from_json(recipe).to_json()

    def changed_recipe(self, recipe: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """The recipe with changes, which may have any of the names and units that people use."""
        return {**recipe, **in_own_words("a WORLD voice", declared(WorldVoice), changes)}

    def told_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """The recipe under the names and in the units that people use."""
        return in_common_words(declared(WorldVoice), recipe)

    def checked_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings, complete and valid."""
        return asdict(WorldSettings.from_json(settings))

    def semitones(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> float | None:
        """The voice's own and the job's; None for a voice that stretches or flattens the melody."""
        voice = WorldVoice.from_json(recipe)
        return voice.pitch_semitones + WorldSettings.from_json(settings).pitch if voice.pitch_spread == 1.0 else None

    def runs_on(self, capability: str) -> bool:  # noqa: ARG002 - the processor does the work everywhere
        """Whether the vocoder is installed here."""
        return find_spec("pyworld") is not None

    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:  # noqa: ARG002
        """The voice, ready; its recipe is all there is to it."""
        from workers.engines.world.conversion import WorldConversion

        return WorldConversion(WorldVoice.from_json(recipe))


ENGINE = WorldEngine()
