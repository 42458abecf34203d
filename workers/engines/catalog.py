"""The engines there are, found by name and imported only when they are used."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from storage.errors import InputError
from workers.engines.engine import EngineFamily, PackageFolders, Shelf, Voice

#: An engine's module, which holds `FAMILY`, `load` and what else this catalog asks for.
_ENGINES = {
    "world": "workers.engines.world.entry",
    "rvc": "workers.engines.rvc.entry",
    "through": "workers.engines.through",
}


def engine_names() -> tuple[str, ...]:
    """All engines that this version has."""
    return tuple(_ENGINES)


def family(name: str) -> EngineFamily:
    """What the farm must know of an engine."""
    return cast("EngineFamily", _module(name).FAMILY)


def rate_out(name: str, recipe: Mapping[str, Any]) -> int:
    """The rate at which a voice of this engine speaks."""
    return cast("int", _module(name).rate_out(recipe))


def built_in_voices() -> dict[str, tuple[str, dict[str, Any]]]:
    """Engine and recipe of every voice that needs no files."""
    return {voice: (name, recipe) for name in _ENGINES for voice, recipe in _module(name).built_in_voices().items()}


def checked_recipe(name: str, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A voice's recipe, complete and valid, or an InputError."""
    return cast("dict[str, Any]", _module(name).checked_recipe(recipe))


def checked_settings(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A job's settings, complete and valid, or an InputError."""
    return cast("dict[str, Any]", _module(name).checked_settings(settings))


def needed_models(name: str, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    """Names of the models that a job needs, each under the field of its recipe that takes the model's hash."""
    needed = getattr(_module(name), "needed_models", None)
    return {} if needed is None else cast("dict[str, str]", needed(recipe, settings))


def load(name: str, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
    """A voice ready to convert on this capability's device."""
    return cast("Voice", _module(name).load(recipe, packages, capability))


def warm_up(capability: str, shelf: Shelf) -> None:
    """Let every engine prepare what would make its first conversion here slow."""
    for name in engines_for(capability):
        prepare = getattr(_module(name), "warm_up", None)
        if prepare is not None:
            prepare(capability, shelf)


def engines_for(capability: str) -> dict[str, str]:
    """Versions of the engines that this machine can run."""
    return {
        name: family(name).version
        for name in _ENGINES
        if capability in family(name).capabilities and _module(name).runs_on(capability)
    }


def _module(name: str) -> Any:
    module = _ENGINES.get(name)
    if module is None:
        raise InputError(f"there is no engine '{name}'; the engines are {', '.join(sorted(_ENGINES))}")
    return import_module(module)
