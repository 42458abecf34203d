"""Asking a studio for what is due and belongs to no job's stage: notices to deliver, results to judge."""

from sqlalchemy import select, update

from dispatcher.desk.lookout import Lookout
from dispatcher.hooks.notifying import DUE as NOTICES_DUE
from dispatcher.jobs.quality_checks import DUE as CHECKS_DUE
from dispatcher.jobs.quality_checks import IN_HAND
from dispatcher.turns.turn import Turn
from storage.records.rows import insert_if_absent
from storage.records.schema import FarmRecord
from workers.wire.routes import CHECK_TASK, NOTIFY_TASK

#: Seconds until it is asked for again if nobody could look whether the message still waits.
ASK_AGAIN = 60.0
#: The facts under which the last times are kept.
LAST_ASKED = {NOTIFY_TASK: "last_notify", CHECK_TASK: "last_check"}
#: Made once, because putting a statement together takes longer than to find that there is nothing.
_ANY_NOTICE, _ANY_CHECK = NOTICES_DUE.limit(1), CHECKS_DUE.limit(1)


def ask_to_notify(turn: Turn, lookout: Lookout) -> None:
    """Ask once for all notices that are due, and again once that message is not in its queue any more."""
    if turn.connection.execute(_ANY_NOTICE, {"now": turn.now}).first() is None:
        return
    if _may_be_asked(turn, lookout, NOTIFY_TASK):
        turn.notify_next()


def ask_to_check(turn: Turn, lookout: Lookout) -> None:
    """The same for results that are to be judged, unless a studio is at it."""
    now = {"now": turn.now}
    if turn.connection.execute(_ANY_CHECK, now).first() is None:
        return
    if turn.connection.execute(IN_HAND, now).first() is None and _may_be_asked(turn, lookout, CHECK_TASK):
        turn.check_next()


def _may_be_asked(turn: Turn, lookout: Lookout, task: str) -> bool:
    """Whether no message that asks for it is waiting; if so, it is written down that one was sent."""
    fact = LAST_ASKED[task]
    if lookout.may_wait(task) and not _asked_long_ago(turn, lookout, fact):
        return False
    insert_if_absent(turn.connection, FarmRecord, name=fact, value=turn.now)
    turn.connection.execute(update(FarmRecord).where(FarmRecord.name == fact).values(value=turn.now))
    return True


def _asked_long_ago(turn: Turn, lookout: Lookout, fact: str) -> bool:
    """Whether the message may be lost among more than could be looked at."""
    if lookout.is_sure:
        return False
    asked = turn.connection.execute(select(FarmRecord.value).where(FarmRecord.name == fact)).scalar()
    # A clock that was set back makes it look as if that was yet to come.
    return asked is None or not 0.0 <= turn.now - asked <= ASK_AGAIN
