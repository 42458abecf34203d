"""The engines there are, found by name and imported only when they are used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from storage.errors import InputError
from workers.engines.engine import EngineFamily, Voice


@dataclass(frozen=True, slots=True)
class _Entry:
    """An engine's module, which holds `FAMILY`, `load` and what else this catalog asks for."""

    module: str
    framework: str
    """What must be importable for it to run."""


_ENGINES = {
    "world": _Entry("workers.engines.world.entry", "pyworld"),
    "through": _Entry("workers.engines.through", "numpy"),
}


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


def load(name: str, recipe: Mapping[str, Any]) -> Voice:
    """A voice ready to convert."""
    return cast("Callable[[Mapping[str, Any]], Voice]", _module(name).load)(recipe)


def engines_for(capability: str) -> dict[str, str]:
    """Versions of the engines that this machine can run."""
    found = {}
    for name, entry in _ENGINES.items():
        if find_spec(entry.framework) is not None and capability in family(name).capabilities:
            found[name] = family(name).version
    return found


def _module(name: str) -> Any:
    entry = _ENGINES.get(name)
    if entry is None:
        raise InputError(f"there is no engine '{name}'; the engines are {', '.join(sorted(_ENGINES))}")
    return import_module(entry.module)
