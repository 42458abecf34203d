"""Keeps the most recently used voices loaded on this machine."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from workers.engines import catalog
from workers.engines.voice import PackageFolders, Voice

#: Voices kept loaded: a farm rarely alternates between more, and each may hold a model.
MOST_LOADED = 4


class LoadedVoices:
    """Loads a voice at its first use and drops the least recently used one."""

    def __init__(self, packages: PackageFolders, capability: str) -> None:
        self.packages = packages
        self.capability = capability
        self.loaded: OrderedDict[str, Voice] = OrderedDict()

    def get(self, engine: str, recipe: Mapping[str, Any]) -> Voice:
        """The voice, loaded."""
        name = engine + json.dumps(recipe, sort_keys=True)
        if name not in self.loaded:
            self.loaded[name] = catalog.engine(engine).load(recipe, self.packages, self.capability)
            while len(self.loaded) > MOST_LOADED:
                self.loaded.popitem(last=False)
        self.loaded.move_to_end(name)
        return self.loaded[name]
