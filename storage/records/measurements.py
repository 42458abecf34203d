"""The table of workers that are to be measured, and of what came of it."""

from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.schema import Counted, Record


class MeasurementRecord(Record, kw_only=True):
    """A worker that is to be measured, is, or was, and what came of it; kept for ever."""

    __tablename__ = "measurements"
    __table_args__ = (Index("measurements_by_state", "state", "id"), Index("measurements_by_worker", "worker", "id"))

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    worker: Mapped[str]
    """Its name: by the time that its turn comes it may have been started anew."""
    is_short: Mapped[bool]
    suites: Mapped[list[str]]
    """What is to be measured; all of it where none is named."""
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text(), default="")
    """Why it failed."""
    asked_at: Mapped[float]
    token: Mapped[str | None] = mapped_column(String(32), default=None)
    """What the order is known by; drawn when it is sent."""
    incarnation: Mapped[str | None] = mapped_column(String(32), default=None)
    """The run of the worker that it was sent to."""
    ordered_at: Mapped[float | None] = mapped_column(default=None)
    began_at: Mapped[float | None] = mapped_column(default=None)
    ended_at: Mapped[float | None] = mapped_column(default=None)
    found: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """What was measured, as its document."""
