"""An engine with the recipes and settings of RVC voices that loads no nets: what the farm asks of the real one."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from storage.errors import InputError
from workers.engines.engine import Converted, EngineFamily, PackageFolders, Piece, Voice
from workers.engines.rvc.package import ENCODER, PITCH, VOICE
from workers.engines.rvc.settings import RvcSettings

FAMILY = EngineFamily("rvc", "1", 16_000, 2.0, frozenset({"cpu", "cuda"}), worker_bytes=150_000_000)
_FIELDS = {"package", "rate", "has_pitch", "content", "embedder", "speakers", "speaker_names"}


class _Silent:
    """Gives silence."""

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        return Converted(piece.samples[:0].repeat(piece.out_stop - piece.out_start))


def rate_out(recipe: Mapping[str, Any]) -> int:
    return int(recipe["rate"])


def built_in_voices() -> dict[str, dict[str, Any]]:
    return {}


def checked_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(recipe) - _FIELDS:
        raise InputError(f"an RVC voice has no {', '.join(sorted(unknown))}")
    return dict(recipe)


def checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(RvcSettings.from_json(settings))


def needed_models(recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    needed = {"encoder": recipe["embedder"]}
    if recipe["has_pitch"] and settings["pitch_method"] == "rmvpe":
        needed["pitch_model"] = "rmvpe"
    return needed


def runs_on(capability: str) -> bool:
    return True


def load(recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
    for field, kind in (("package", VOICE), ("encoder", ENCODER), ("pitch_model", PITCH)):
        if field in recipe:
            packages(recipe[field], kind)
    return _Silent()
