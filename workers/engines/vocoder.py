"""The compiled half of pyworld, imported without its package.

On import, the package only looks up its own version through `pkg_resources`: a module that emits a warning, is gone
from setuptools 82, and takes longer to import than everything else.
"""

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType


def _compiled() -> ModuleType:
    package = find_spec("pyworld")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("pyworld.pyworld", places) if places else None
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'pyworld'", name="pyworld")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WORLD = _compiled()
