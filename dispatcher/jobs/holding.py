"""Which leases are alive, and which atoms a lease holds: as its own, or as a copy of another lease's."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, bindparam, case

from storage.records.schema import AtomRecord, LeaseRecord
from storage.records.states import LIVE_LEASES, AtomState

#: Whether a lease is alive. In so many words, for SQLite would not see that the indexes of such leases hold what is
#: asked for, and look at every lease there ever was.
IS_LIVE: ColumnElement[bool] = LeaseRecord.state.in_(
    bindparam("live_leases", LIVE_LEASES, expanding=True, literal_execute=True)
)


def held_by(token: str) -> ColumnElement[bool]:
    """Whether this lease holds an atom."""
    return and_(AtomRecord.state == AtomState.LEASED, (AtomRecord.token == token) | (AtomRecord.copy_token == token))


def held_by_any(tokens: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of these leases holds an atom."""
    return and_(AtomRecord.state == AtomState.LEASED, AtomRecord.token.in_(tokens) | AtomRecord.copy_token.in_(tokens))


def other_holder(token: str) -> ColumnElement[str | None]:
    """The lease that holds an atom besides this one, if there is one."""
    return case((AtomRecord.token == token, AtomRecord.copy_token), else_=AtomRecord.token)
