"""The table of chains of effects that were given a name."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.schema import Record


class ChainRecord(Record, kw_only=True):
    """A chain of effects under a name."""

    __tablename__ = "chains"

    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    """The whole chain, without other names in it."""
    created_at: Mapped[float]
