"""The kinds of faults, and which of them each kind of farm can suffer."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of fault."""

    KILLED = "killed"
    FROZEN = "frozen"
    BROKER_EMPTIED = "broker emptied"
    BROKER_RESTARTED = "broker restarted"
    PARTITIONED = "partitioned"
    CONNECTIONS_RESET = "connections reset"
    CLOCK_SET = "clock set"
    DUPLICATED = "messages duplicated"
    REORDERED = "messages reordered"
    DELAYED = "messages delayed"
    OTHER_VERSION = "worker of another version"
    SCRATCH_FULL = "scratch disk full"
    OBJECTS_FULL = "object store full"
    DATABASE_RESTARTED = "database restarted"
    STORE_SLOW = "store slow"
    STORE_500 = "store answers 500"
    STORE_503 = "store answers 503"
    STORE_CUT = "store cuts bodies"
    STORE_MUTE = "store never answers"


EMBEDDED, SERVERS = "embedded", "servers"

#: Faults that only a separate server can suffer.
_OF_SERVERS = frozenset({
    Kind.DATABASE_RESTARTED, Kind.STORE_SLOW, Kind.STORE_500, Kind.STORE_503, Kind.STORE_CUT, Kind.STORE_MUTE,
})  # fmt: skip

#: Faults that may follow each other closely: they are quick and need no server to be restarted.
FREQUENT = (Kind.KILLED, Kind.FROZEN, Kind.DUPLICATED, Kind.DELAYED)


def kinds_of(farm: str) -> tuple[Kind, ...]:
    """Every kind that a farm of this sort can suffer, in a fixed order."""
    return tuple(kind for kind in Kind if farm == SERVERS or kind not in _OF_SERVERS)
