"""A store with a package in it, and a machine that fetches from it."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from dispatcher.voices.packages import store_package
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.settings import Settings
from tests.packages.making import make_package
from workers.engines.packages import Packages
from workers.engines.rvc.files.door import packed_of
from workers.engines.rvc.package import Description


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, build_settings: Callable[..., Settings]) -> ObjectStore:
    fields = request.getfixturevalue("s3_fields") if request.param == "s3" else {}
    return open_store(build_settings(**fields))


@pytest.fixture
def folder_store(build_settings: Callable[..., Settings]) -> ObjectStore:
    return open_store(build_settings())


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where this machine keeps packages."""
    return tmp_path / "here"


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., Description]:
    """Puts a new package into a store."""

    def added(store: ObjectStore, **fields: object) -> Description:
        folder = tmp_path / "made" / str(len(list(tmp_path.glob("made/*"))))
        description = make_package(folder, **fields)  # type: ignore[arg-type]
        store_package(store, folder, packed_of(description, {}))
        return description

    return added


def packages(store: ObjectStore, here: Path, most_bytes: float = float("inf")) -> Packages:
    return Packages(store, here, most_bytes, Event())
