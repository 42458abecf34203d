"""The compiled half of pyworld, reached past its package.

The package asks setuptools for its own version when it is imported, through `pkg_resources`: a module that warns, that
setuptools 82 no longer has, and that costs more time than all the rest. Nothing else is in the package.
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
