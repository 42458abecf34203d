"""The studio: what works on whole recordings, each piece of work in a process that takes nobody along when it dies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from dispatcher.desk.sweeping import Sweeping
from dispatcher.split.mending import Mending
from dispatcher.split.splitting import Splitting
from dispatcher.stitch.stitching import Stitching
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings


@dataclass(frozen=True)
class Studio:
    """Opens database and object store when they are first used, which is in a child process: neither goes with fork."""

    settings: Settings
    feed: Callable[[], None]

    @cached_property
    def database(self) -> Database:
        """The records."""
        return Database(self.settings.resolved_database_url)

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        return open_store(self.settings)

    @cached_property
    def splitting(self) -> Splitting:
        """Cuts recordings into atoms."""
        return Splitting(self.database, self.store, self.settings.atom_seconds, self.feed)

    @cached_property
    def mending(self) -> Mending:
        """Cuts atoms again that were lost."""
        return Mending(self.database, self.store, self.settings.atom_seconds, self.feed)

    @cached_property
    def stitching(self) -> Stitching:
        """Joins converted atoms."""
        settings = self.settings
        return Stitching(self.database, self.store, settings.scratch_folder, settings.max_attempts, self.feed)

    @cached_property
    def sweeping(self) -> Sweeping:
        """Removes what ended jobs have left."""
        return Sweeping(self.database, self.store, self.settings.keep_days)
