"""What the catalog asks of every engine, answered for RVC voices."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from storage.errors import InputError
from workers.engines.engine import EngineFamily, PackageFolders, Shelf, Voice
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP
from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.strip import CONTEXT

FAMILY = EngineFamily(
    name="rvc",
    version="2",
    rate_in=ANALYSIS_RATE,
    context_seconds=CONTEXT * CONTENT_HOP / ANALYSIS_RATE,
    capabilities=frozenset({"cuda", "mlx", "cpu"}),
    # On a processor in single precision 2.2 GB were measured at work, up to 2.8 while a voice was fetched and loaded.
    worker_bytes=2_800_000_000,
    has_nets=True,
)
#: The framework that each capability converts with.
FRAMEWORKS = {"cuda": "torch", "cpu": "torch", "mlx": "mlx"}


def rate_out(recipe: Mapping[str, Any]) -> int:
    """The rate that the voice was trained at."""
    return int(recipe["rate"])


def built_in_voices() -> dict[str, dict[str, Any]]:
    """None: every voice is somebody's."""
    return {}


def runs_on(capability: str) -> bool:
    """Whether what this capability converts with is installed here."""
    return find_spec(FRAMEWORKS[capability]) is not None


def checked_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe of a voice, as it was read from its file."""
    missing = {"package", "rate", "has_pitch", "content", "embedder", "speakers"} - set(recipe)
    if missing:
        raise InputError(
            f"the recipe of an RVC voice has no {', '.join(sorted(missing))}; RVC voices are added from their files,"
            " with voicefarm voice add NAME FILE.pth"
        )
    return dict(recipe)


def checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, complete and valid."""
    return asdict(RvcSettings.from_json(settings))


def needed_models(recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    """The content encoder that the voice was trained with, and the pitch net if it is to find the pitch."""
    if settings["speaker"] >= recipe["speakers"]:
        raise InputError(
            f"the voice has no speaker {settings['speaker']}; its speakers are 0 to {recipe['speakers'] - 1}"
        )
    needed = {"encoder": str(recipe["embedder"])}
    if recipe["has_pitch"] and settings["pitch_method"] == "rmvpe":
        needed["pitch_model"] = "rmvpe"
    return needed


def load(recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
    """A voice ready to convert on this capability's device."""
    engine = import_module(f"workers.engines.rvc.{FRAMEWORKS[capability]}.engine")
    voice: Voice = engine.load(RvcRecipe.from_json(recipe), packages, capability)
    return voice


def warm_up(capability: str, shelf: Shelf) -> None:
    """Take over compiled programs where there are any; elsewhere the first conversion has nothing to wait for."""
    if capability == "cuda":
        from workers.engines.rvc.torch.compiling import share_programs

        share_programs(capability, shelf)
