"""Turns that send no messages, for tests without a broker."""

from dispatcher.turns.messenger import Messenger
from dispatcher.turns.taking import Turns
from dispatcher.turns.turn import Followups
from storage.records.database import Database
from storage.settings import Settings
from workers.wire.celery_app import build_app


class QuietMessenger(Messenger):
    """Keeps what it should send."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(lambda: build_app(settings))
        self.sent: list[Followups] = []

    def send(self, followups: Followups) -> None:
        """Keep the messages instead of sending them."""
        self.sent.append(followups)


def quiet_turns(database: Database, settings: Settings) -> Turns:
    """Turns that write to the records and send nothing."""
    return Turns(database, settings, QuietMessenger(settings))
