"""The table of results that are to be judged, and of what was found."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.schema import Counted, Record


class QualityCheckRecord(Record, kw_only=True):
    """A job whose result is judged once it is there."""

    __tablename__ = "quality_checks"
    __table_args__ = (
        Index("quality_checks_due", "due_at", sqlite_where=sql("state = 'waiting'"),
              postgresql_where=sql("state = 'waiting'")),
    )  # fmt: skip

    job_id: Mapped[int] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[float]
    """When it is judged at the earliest; while somebody does it, when others may."""
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    """Token of the studio that judges it."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was given up."""
    judged_at: Mapped[float | None] = mapped_column(default=None)
    took: Mapped[float] = mapped_column(default=0.0)
    heard_seconds: Mapped[float] = mapped_column(default=0.0)
    """How much of the recording was heard."""
    verdict: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """What was found, as its document."""
