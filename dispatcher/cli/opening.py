"""What most commands begin with: the settings, the records, the object store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click

from dispatcher.cli.saying import complain
from dispatcher.farm.crew import Crew
from dispatcher.farm.embedded import prepare_records
from dispatcher.farm.private_state import open_state
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@dataclass(frozen=True)
class Farm:
    """The farm as a client sees it."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The records, at the right revision."""
        if self.settings.is_embedded and not self.settings.database_url:
            prepare_records(self.settings)
        database = Database(self.settings.resolved_database_url)
        database.require_revision()
        return database

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        if not self.settings.objects_url:
            # A private one is not to be looked into from its first object on.
            open_state(self.settings)
            (self.settings.state_folder / "objects").mkdir(mode=0o700, exist_ok=True)
        return open_store(self.settings)


def open_farm() -> Farm:
    """The farm that the settings name."""
    return Farm(Settings.load())


@contextmanager
def farm_for_work(farm: Farm, crew: Callable[[], Crew]) -> Iterator[Any]:
    """Somebody to do the work: the farm of the settings, or an embedded one for as long as it is needed."""
    if not farm.settings.is_embedded:
        from dispatcher.farm.broker import require_broker

        require_broker(farm.settings)
        yield None
        return
    from dispatcher.farm.embedded import embedded_farm

    with embedded_farm(farm.settings, crew(), tell=complain) as embedded:
        yield embedded
