"""The studio: works on whole recordings, each in a process of its own whose crash harms nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from celery import Celery

from dispatcher.hooks.notifying import Notifying
from dispatcher.studio.checking import QualityChecking
from dispatcher.studio.split.mending import Mending
from dispatcher.studio.split.short import ShortSplitting
from dispatcher.studio.split.splitting import Splitting
from dispatcher.studio.stitch.stitching import Stitching
from dispatcher.studio.sweeping import Sweeping
from dispatcher.turns.messenger import Messenger
from dispatcher.turns.taking import Turns
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings


@dataclass(frozen=True)
class Studio:
    """Opens database and object store on first use, in a child process, because neither survives a fork."""

    settings: Settings
    app: Celery
    feed: Callable[[], None]

    @cached_property
    def turns(self) -> Turns:
        """The turns of this process."""
        database = Database(self.settings.resolved_database_url)
        return Turns(database, self.settings, Messenger(lambda: self.app), self.feed)

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        return open_store(self.settings)

    @cached_property
    def splitting(self) -> Splitting:
        """Cuts recordings into atoms."""
        return Splitting(self.turns, self.store)

    @cached_property
    def short_splitting(self) -> ShortSplitting:
        """Cuts short recordings, many at a time."""
        return ShortSplitting(self.turns, self.store)

    @cached_property
    def mending(self) -> Mending:
        """Cuts atoms again that were lost."""
        return Mending(self.turns, self.store)

    @cached_property
    def stitching(self) -> Stitching:
        """Joins converted atoms."""
        return Stitching(self.turns, self.store)

    @cached_property
    def notifying(self) -> Notifying:
        """Delivers notices of ends."""
        return Notifying(self.turns.database, self.settings)

    @cached_property
    def checking(self) -> QualityChecking:
        """Judges results."""
        return QualityChecking(self.turns.database, self.store)

    @cached_property
    def sweeping(self) -> Sweeping:
        """Removes what ended jobs have left."""
        return Sweeping(self.turns.database, self.store, self.settings.keep_days)
