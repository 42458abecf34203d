"""What a farm's front door stands on: settings, records, object store, and the turns of a client."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from dispatcher.client.telling import turns_of_client
from dispatcher.local.embedded import prepare_records
from dispatcher.local.private_state import open_state
from dispatcher.turns.taking import Turns
from storage.errors import BrokerUnavailable
from storage.objects.opening import open_store
from storage.objects.reach import Reach
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings


@dataclass(frozen=True)
class Ground:
    """Opens each of them once it is needed."""

    settings: Settings

    @classmethod
    def open(cls, settings: Settings | None = None) -> Self:
        """The farm of these settings, else of the environment's."""
        return cls(settings or Settings.load())

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
            # Nobody else may look into a private one, from its first object on.
            open_state(self.settings)
            (self.settings.state_folder / "objects").mkdir(mode=0o700, exist_ok=True)
        return open_store(self.settings)

    @cached_property
    def _reach(self) -> Reach:
        """What lies at addresses."""
        return Reach(self.settings)

    def _open_store(self) -> ObjectStore:
        """Open the store only once nothing can be refused any more: opening a private one creates it."""
        return self.store

    @cached_property
    def _turns(self) -> Turns:
        return turns_of_client(self.database, self.settings, self._untold.append)

    @cached_property
    def _untold(self) -> list[BrokerUnavailable]:
        """Why the farm could not be told something just now."""
        return []

    @contextmanager
    def _telling(self) -> Iterator[Sequence[BrokerUnavailable]]:
        """Why the farm could not be told what the block does; empty if it could."""
        # What an earlier conversion could not tell is not ours.
        self._untold.clear()
        yield self._untold

    @property
    def is_told(self) -> bool:
        """Whether the farm was told what was last asked of it; if not, it soon finds out by itself."""
        return not self._untold
