"""Leaves a voice as it is: for trying out a farm, and for measuring what the farm itself costs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.errors import InputError
from workers.engines.engine import Converted, EngineFamily, PackageFolders, Piece, Voice

FAMILY = EngineFamily(
    name="through",
    version="1",
    rate_in=16_000,
    context_seconds=0.1,
    capabilities=frozenset({"cpu", "cuda", "mlx"}),
    worker_bytes=150_000_000,
)


@dataclass(frozen=True, slots=True)
class _Through:
    """Gives back what it was given, after the time that a machine of a given speed would have taken."""

    pace: float
    """Seconds to take for a second of audio."""

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:  # noqa: ARG002 - it has none
        """Return the atom's own samples."""
        began = time.perf_counter()
        samples = piece.samples[piece.start - piece.first : piece.stop - piece.first].copy()
        time.sleep(self.pace * len(samples) / FAMILY.rate_in)
        return Converted(samples, {"through": time.perf_counter() - began})


def rate_out(recipe: Mapping[str, Any]) -> int:  # noqa: ARG001 - the same for every recipe
    """What comes in goes out."""
    return FAMILY.rate_in


def built_in_voices() -> dict[str, dict[str, Any]]:
    """The one voice there is."""
    return {"through": {"pace": 0.0}}


def checked_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe with its pace, between at once and sixty times slower than realtime."""
    unknown = set(recipe) - {"pace"}
    pace = recipe.get("pace", 0.0)
    if unknown or not isinstance(pace, int | float) or not 0.0 <= pace <= 60.0:
        raise InputError("a voice of the engine 'through' has a pace of 0 to 60 seconds a second, and nothing else")
    return {"pace": float(pace)}


def checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Only the seed, which every engine accepts."""
    changed = {name for name, value in settings.items() if name != "seed" and value}
    if changed:
        raise InputError(
            f"the voice 'through' changes nothing, so it has no {', '.join(sorted(changed))}; leave it away"
        )
    return {"seed": int(settings.get("seed", 0))}


def runs_on(capability: str) -> bool:  # noqa: ARG001 - it needs nothing
    """It runs everywhere."""
    return True


def load(recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:  # noqa: ARG001 - it needs none
    """The voice, ready."""
    return _Through(checked_recipe(recipe)["pace"])
