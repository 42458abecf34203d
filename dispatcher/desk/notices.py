"""Asking a studio to deliver the notices that are due."""

from sqlalchemy import select, update

from dispatcher.desk.lookout import Lookout
from dispatcher.hooks.notifying import DUE
from dispatcher.turns.turn import Turn
from storage.records.rows import insert_if_absent
from storage.records.schema import FarmRecord
from workers.wire.routes import NOTIFY_TASK

#: Seconds until it is asked for again if nobody could look whether the message still waits.
ASK_AGAIN = 60.0
#: The fact under which the last time is kept.
LAST_ASKED = "last_notify"
#: Made once, because putting a statement together takes longer than to find that there is nothing.
_ANY_DUE = DUE.limit(1)


def ask_to_notify(turn: Turn, lookout: Lookout) -> None:
    """Ask once for all notices that are due, and again once that message is not in its queue any more."""
    if turn.connection.execute(_ANY_DUE, {"now": turn.now}).first() is None:
        return
    if lookout.may_wait(NOTIFY_TASK) and not _asked_long_ago(turn, lookout):
        return
    insert_if_absent(turn.connection, FarmRecord, name=LAST_ASKED, value=turn.now)
    turn.connection.execute(update(FarmRecord).where(FarmRecord.name == LAST_ASKED).values(value=turn.now))
    turn.notify_next()


def _asked_long_ago(turn: Turn, lookout: Lookout) -> bool:
    """Whether the message may be lost among more than could be looked at."""
    if lookout.is_sure:
        return False
    asked = turn.connection.execute(select(FarmRecord.value).where(FarmRecord.name == LAST_ASKED)).scalar()
    # A clock that was set back makes it look as if that was yet to come.
    return asked is None or not 0.0 <= turn.now - asked <= ASK_AGAIN
