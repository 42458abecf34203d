"""An engine that leaves a voice as it is: for trying out a farm, and for measuring what the farm itself costs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.errors import InputError
from workers.engines.engine import Engine
from workers.engines.setting import declared, seed
from workers.engines.voice import Converted, PackageFolders, Piece, Voice

RATE = 16_000


@dataclass(frozen=True, slots=True)
class _Settings:
    """Only the setting that every engine accepts."""

    seed: int = seed()


@dataclass(frozen=True, slots=True)
class _Through(Voice):
    """Returns its input, after the time that a machine of a given speed would have taken."""

    pace: float
    """Seconds to take per second of audio."""

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:  # noqa: ARG002 - it has none
        """Return the atom's own samples."""
        began = time.perf_counter()
        samples = piece.samples[piece.start - piece.first : piece.stop - piece.first].copy()
        if self.pace:
            time.sleep(self.pace * len(samples) / RATE)
        return Converted(samples, {"through": time.perf_counter() - began})


class Through(Engine):
    """The engine that changes nothing."""

    name = "through"
    title = "through"
    version = "1"
    rate_in = RATE
    context_seconds = 0.1
    worker_bytes = 150_000_000
    settings = declared(_Settings)

    def rate_out(self, recipe: Mapping[str, Any]) -> int:  # noqa: ARG002 - the same for every recipe
        """The rate of the input."""
        return RATE

    def built_in_voices(self) -> Mapping[str, dict[str, Any]]:
        """The only voice."""
        return {"through": {"pace": 0.0}}

    def checked_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """A recipe with its pace, from no delay to sixty times slower than realtime."""
        unknown = set(recipe) - {"pace"}
        pace = recipe.get("pace", 0.0)
        if unknown or not isinstance(pace, int | float) or not 0.0 <= pace <= 60.0:
            raise InputError(
                "a voice of the engine 'through' has only a pace, from 0 to 60 seconds per second of audio"
            )
        return {"pace": float(pace)}

    def checked_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Only the seed; others are ignored if they change nothing, so that any job can be tried with this engine."""
        changed = {name for name, value in settings.items() if name != "seed" and value}
        if changed:
            raise InputError(
                f"the voice 'through' changes nothing, so it has no {', '.join(sorted(changed))}; leave it out"
            )
        return super().checked_settings({name: value for name, value in settings.items() if name == "seed"})

    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:  # noqa: ARG002
        """The voice, ready."""
        return _Through(self.checked_recipe(recipe)["pace"])


ENGINE = Through()
