"""Whether somebody is still to be told for the first time."""

from sqlalchemy import or_, select

from storage.records.database import Database
from storage.records.notices import EndRecord, NoticeRecord
from storage.records.states import NoticeState


def is_pending(database: Database) -> bool:
    """Whether there is an end that nobody was told of, or a notice that was not tried yet or is in hand."""
    fresh = or_(NoticeRecord.tries == 0, NoticeRecord.claim.is_not(None))
    with database.reading() as connection:
        ends = connection.execute(select(EndRecord.id).limit(1)).first()
        notices = select(NoticeRecord.id).where(NoticeRecord.state == NoticeState.WAITING, fresh)
        return ends is not None or connection.execute(notices.limit(1)).first() is not None
