"""A farm whose RVC engine needs no nets, with packages in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dispatcher.voices.models import KnownModel, record_model
from dispatcher.voices.packages import store_package
from dispatcher.voices.voices import KnownVoice, add_voice
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings
from tests.packages.making import make_package
from workers.engines import catalog
from workers.engines.package import VOICE
from workers.engines.rvc.files.door import RVC_FILES, packed_of
from workers.engines.rvc.package import Description


@pytest.fixture
def rvc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The RVC engine without its nets."""
    monkeypatch.setattr(catalog, "_ENGINES", {**catalog._ENGINES, "rvc": "tests.voices.engine"})


@dataclass(frozen=True, slots=True)
class Shelf:
    """Records, a store, and packages to put into them."""

    settings: Settings
    database: Database
    store: ObjectStore
    made: Path
    counted: list[int] = field(default_factory=list)

    def package(self, kind: str = VOICE, **fields: Any) -> Description:
        """Add a package to the store."""
        self.counted.append(1)
        folder = self.made / str(len(self.counted))
        description = make_package(folder, kind, **fields)
        store_package(self.store, folder, packed_of(description, {}))
        return description

    def voice(self, name: str = "anna", **changes: Any) -> KnownVoice:
        """Add a voice."""
        return add_voice(self.database, name, "rvc", {**RVC_FILES.recipe_of(self.package()), **changes})

    def model(self, name: str, kind: str, description: Description | None = None) -> KnownModel:
        """Add a model."""
        package = description or self.package(kind, name=name)
        model = KnownModel(name, kind, package.hash, {"sizes": package.sizes.to_json()})
        record_model(self.database, model)
        return model


@pytest.fixture
def shelf(farm_settings: Settings, tmp_path: Path) -> Iterator[Shelf]:
    """A farm of either kind."""
    database = Database(farm_settings.resolved_database_url)
    yield Shelf(farm_settings, database, open_store(farm_settings), tmp_path / "made")
    database.close()


@pytest.fixture
def one_shelf(build_settings: Callable[..., Settings], migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Shelf]:
    """An embedded farm, for tests that need only one kind."""
    settings = build_settings(database_url=migrated_sqlite_url)
    database = Database(settings.resolved_database_url)
    yield Shelf(settings, database, open_store(settings), tmp_path / "made")
    database.close()
