"""The catalog of engines, which are found by name and imported only when used."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from storage.errors import InputError
from storage.spelling import guessed
from workers.engines.engine import Engine
from workers.engines.voice import Shelf
from workers.engines.voice_files import VoiceFiles

#: The module of each engine, which holds the engine as `ENGINE`.
_ENGINES = {
    "world": "workers.engines.world.engine",
    "rvc": "workers.engines.rvc.engine",
    "through": "workers.engines.through",
}


def engine_names() -> tuple[str, ...]:
    """The names of all engines in this version."""
    return tuple(_ENGINES)


def engine(name: str) -> Engine:
    """The engine of this name."""
    module = _ENGINES.get(name)
    if module is None:
        there = f"there is no engine '{name}'; the engines are {', '.join(sorted(_ENGINES))}"
        raise InputError(guessed(there, name, _ENGINES))
    found: object = import_module(module).ENGINE
    if not isinstance(found, Engine):
        raise TypeError(f"{module}.ENGINE is not an Engine")
    return found


def in_common_words(engine_name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A job's settings as people name them; those of an engine that is no more are left as they are."""
    return engine(engine_name).in_common_words(settings) if engine_name in _ENGINES else dict(settings)


def engines() -> tuple[Engine, ...]:
    """All engines."""
    return tuple(engine(name) for name in _ENGINES)


def engine_of_files() -> tuple[Engine, VoiceFiles]:
    """The engine whose voices and models come as files."""
    return next((e, files) for e in engines() if (files := e.files) is not None)


def built_in_voices() -> dict[str, tuple[str, dict[str, Any]]]:
    """Engine and recipe of every voice that needs no files, by name."""
    return {voice: (e.name, recipe) for e in engines() for voice, recipe in e.built_in_voices().items()}


def warm_up(capability: str, shelf: Shelf) -> None:
    """Let every engine prepare, so that its first conversion here is not slow."""
    for name in engines_for(capability):
        engine(name).warm_up(capability, shelf)


def abilities_of(names: Iterable[str], capability: str) -> frozenset[str]:
    """What these engines offer on this machine and not on every one with its capability."""
    return frozenset().union(*(engine(name).offers(capability) for name in names))


def engines_for(capability: str) -> dict[str, str]:
    """Versions of the engines that this machine can run, by name."""
    return {e.name: e.version for e in engines() if capability in e.capabilities and e.runs_on(capability)}
