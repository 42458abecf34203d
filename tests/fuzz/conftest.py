"""Valid input, made once for all tests of a door."""

from collections.abc import Callable
from functools import cache

import pytest

from testing.fuzz.catalog import DOORS
from testing.fuzz.door import write_seeds
from testing.fuzz.watching import Watch


@pytest.fixture(scope="session")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Watch]:
    """Gives the watch over the door of this name."""

    @cache
    def watching(door: str) -> Watch:
        return Watch(door, write_seeds(DOORS[door], tmp_path_factory.mktemp(door) / "seeds"))

    return watching
