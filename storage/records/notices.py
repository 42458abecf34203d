"""The tables of ends and of notices: who is still to be told what."""

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.schema import Counted, Record


class EndRecord(Record, kw_only=True):
    """The end of a job, written with it, until the desk has seen to it that everybody is told who is to be."""

    __tablename__ = "ends"
    __table_args__ = (Index("ends_by_batch", "batch_id", "id"),)

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    job_id: Mapped[int] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"))
    batch_id: Mapped[int | None] = mapped_column(Counted, default=None)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[float]


class NoticeRecord(Record, kw_only=True):
    """Word of the end of a job, or of a batch, for one who is to be told."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("notices_due", "due_at", sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
        Index("notices_by_job", "job_id"),
        Index("notices_by_batch", "batch_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    event: Mapped[str] = mapped_column(String(40))
    """The same for everybody who is told of it, however often."""
    job_id: Mapped[int | None] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"), default=None)
    batch_id: Mapped[int | None] = mapped_column(Counted, ForeignKey("batches.id", ondelete="CASCADE"), default=None)
    """Only where it is the batch that ended."""
    target: Mapped[str] = mapped_column(Text)
    """`command` or `url` for the hooks that the settings name, else an address."""
    body: Mapped[str] = mapped_column(Text)
    """The event, as JSON."""
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[float]
    """When it is tried; while somebody tries it, when others may."""
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    """Token of the studio that tries it."""
    said: Mapped[str] = mapped_column(Text, default="")
    """Why the last try failed."""
    created_at: Mapped[float]
    ended_at: Mapped[float | None] = mapped_column(default=None)
