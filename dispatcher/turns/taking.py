"""Taking turns: commit first, and only then send what follows."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from dispatcher.turns.messenger import Messenger
from dispatcher.turns.turn import Followups, Turn
from storage.errors import BrokerUnavailable, DatabaseUnavailable
from storage.records.database import Database
from storage.settings import Settings

logger = logging.getLogger("voicefarm.dispatcher")


def _log(error: BrokerUnavailable) -> None:
    logger.warning("%s", error)


class Turns:
    """The turns of one process. `feed` tops up the queues, or asks a desk to; `untold` is called if the broker is away,
    which does no harm: ticks find the same again.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        messenger: Messenger,
        feed: Callable[[], None] = lambda: None,
        untold: Callable[[BrokerUnavailable], None] = _log,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database
        self.settings = settings
        self.messenger = messenger
        self.feed = feed
        self.untold = untold
        self.clock = clock

    @contextmanager
    def writing(self) -> Iterator[Turn]:
        """A turn that others may take at the same time."""
        with self._turn(self.database.writing()) as turn:
            yield turn
        self._follow(turn.followups)

    @contextmanager
    def deciding(self) -> Iterator[Turn]:
        """A turn that only one process of the farm has at a time."""
        with self._turn(self.database.deciding()) as turn:
            yield turn
        self._follow(turn.followups)

    @contextmanager
    def _turn(self, transaction: AbstractContextManager[Connection]) -> Iterator[Turn]:
        with transaction as connection:
            yield Turn(connection, self.clock(), self.settings)

    def _follow(self, followups: Followups) -> None:
        try:
            self.messenger.send(followups)
        except BrokerUnavailable as error:
            self.untold(error)
        if followups.feed:
            try:
                self.feed()
            except DatabaseUnavailable as error:
                # What this turn decided is committed, and the next tick feeds.
                logger.warning("%s", error)
