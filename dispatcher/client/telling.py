"""Telling a farm what follows from a client's turn, if there is a farm to tell."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from dispatcher.turns.messenger import Messenger
from dispatcher.turns.taking import Turns
from dispatcher.turns.turn import Followups
from storage.errors import BrokerUnavailable
from storage.records.database import Database
from storage.settings import Settings

if TYPE_CHECKING:
    from celery import Celery


class FarmMessenger(Messenger):
    """Knows that a private farm that is not up has no broker, because asking would take seconds."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(lambda: self._app)
        self.settings = settings

    @cached_property
    def _app(self) -> "Celery":
        from workers.wire.celery_app import build_app

        return build_app(self.settings)

    def send(self, followups: Followups) -> None:
        """Send all messages, or raise BrokerUnavailable."""
        if followups.is_silent:
            return
        if self.settings.is_embedded and not self.settings.socket_path.exists():
            raise BrokerUnavailable(f"no farm is up in {self.settings.state_folder}; it finds what there is to do")
        super().send(followups)


def turns_of_client(
    database: Database, settings: Settings, untold: Callable[[BrokerUnavailable], None] = lambda _: None
) -> Turns:
    """The turns of a client that is not part of the farm; `untold` is called with why the farm could not be told."""
    return Turns(database, settings, FarmMessenger(settings), untold=untold)
