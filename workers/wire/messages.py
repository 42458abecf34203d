"""The messages between dispatcher and workers, as plain JSON; both sides read and write them only here.

Everything that comes in is checked here, because whoever may put a message on a queue can put anything there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Annotated, Any, Self, TypeVar

from msgspec import Meta, ValidationError, convert

from storage.errors import BadMessage
from storage.records.states import WorkerState

Json = dict[str, Any]
M = TypeVar("M", bound="Message")

#: Characters of the longest error that is sent; what an engine says beyond that helps nobody.
LONGEST_ERROR = 2_000
#: Characters of a malformed message that are repeated.
LONGEST_QUOTE = 300

#: Seconds of audio in one piece, context included: more than anybody could want, and a limit so that no order keeps a
#: worker busy for ever.
LONGEST_PIECE = 3_600

#: Lease tokens and incarnations, as `uuid4().hex` makes them.
Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
#: Names of workers, engines and devices: no longer than their columns, and nothing that a database or terminal rejects.
Name = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z", max_length=255)]
#: Capabilities, tags and engine versions that a worker offers; see TAG in workers/engines/capability.py.
Offer = Annotated[str, Meta(pattern=r"^[a-z0-9][A-Za-z0-9._-]{0,99}\Z")]
#: Seconds of audio or of a stage: a week is longer than anything that one atom takes.
Seconds = Annotated[float, Meta(ge=0.0, le=604_800.0)]
#: Positions and lengths in samples: three years at 96 kHz.
Samples = Annotated[int, Meta(ge=0, le=10**13)]
Rate = Annotated[int, Meta(ge=1_000, le=400_000)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Megabytes = Annotated[float, Meta(ge=0.0, le=1e9)]


#: The kind of work of an order that names none.
CONVERSION = "conversion"
#: The kind in which a worker measures its own device.
MEASURING = "measuring"
#: Leases in one message at the most: more would make messages of more than 100 kB.
MOST_TOGETHER = 128
#: The version that this program writes. Raise it with every change of a message that readers may need to know about. A
#: message without a version is of the first version, which did not state it.
VERSION = 3
#: The oldest version that understands what this program writes. Raise it only where an older program would do harm by
#: ignoring a field that it does not know: it then refuses the message.
READABLE_FROM = 1


@dataclass(frozen=True, slots=True)
class Message:
    """What all messages have in common.

    Unknown fields are ignored, and fields with a default may be missing, so that machines of two versions understand
    each other while a farm is being upgraded.
    """

    version: Annotated[int, Meta(ge=1)] = field(default=VERSION, kw_only=True)
    readable_from: Annotated[int, Meta(ge=1)] = field(default=READABLE_FROM, kw_only=True)

    def to_json(self) -> Json:
        """The message as the argument of a Celery task."""
        return asdict(self)

    @classmethod
    def from_json(cls, message: object) -> Self:
        """The message read back from a Celery task's argument; raises BadMessage."""
        read = _read(cls, message)
        if read.readable_from > VERSION:
            raise BadMessage(
                f"a {cls.__name__} needs at least version {read.readable_from}, and this program has version"
                f" {VERSION}; upgrade this machine"
            )
        return read


def _read(cls: type[M], message: object) -> M:
    """A message of any version; raises BadMessage."""
    try:
        return convert({"version": 1, **message} if isinstance(message, dict) else message, cls)
    except (ValidationError, RecursionError, UnicodeError, TypeError) as error:
        # It may quote what was sent, however long that is.
        what = str(error)[:LONGEST_QUOTE]
        raise BadMessage(f"a {cls.__name__} is malformed ({what}); find out who sent it") from error


@dataclass(frozen=True, slots=True)
class AtomOrder:
    """One atom to convert, with the positions of its record."""

    number: Count
    start: Samples
    stop: Samples
    first: Samples
    last: Samples
    out_start: Samples
    out_stop: Samples

    def __post_init__(self) -> None:
        if not (self.first <= self.start < self.stop <= self.last and self.out_start <= self.out_stop):
            raise ValueError("the positions of an atom contradict each other")


def _is_finite(value: object) -> bool:
    """Whether every number in a value decoded from JSON is finite."""
    if isinstance(value, Mapping):
        return all(_is_finite(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(_is_finite(inner) for inner in value)
    return not isinstance(value, float) or isfinite(value)


@dataclass(frozen=True, slots=True)
class Order(Message):
    """Work of any kind for one worker; each kind has a class of its own for what else it needs."""

    token: Token
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,15}\Z")] = field(default=CONVERSION, kw_only=True)

    @classmethod
    def envelope(cls, message: object) -> "Order":
        """The part that orders of every version share: enough to hand the lease back if the rest cannot be read."""
        return _read(Order, message)


@dataclass(frozen=True, slots=True)
class ConversionOrder(Order):
    """A run of atoms to convert."""

    job_id: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    engine: Name
    engine_version: Name
    recipe: Mapping[str, Any]
    settings: Mapping[str, Any]
    rate_in: Rate
    rate_voice: Rate
    atoms_prefix: Annotated[str, Meta(pattern=r"^atoms/[0-9a-f]{32}\Z")]
    converted_prefix: Annotated[str, Meta(pattern=r"^converted/[0-9a-f]{32}\Z")]
    atoms: Annotated[tuple[AtomOrder, ...], Meta(min_length=1, max_length=1_000)]

    def __post_init__(self) -> None:
        if not (_is_finite(self.recipe) and _is_finite(self.settings)):
            raise ValueError("a number in its recipe or settings is not finite")
        longest_in, longest_out = LONGEST_PIECE * self.rate_in, LONGEST_PIECE * self.rate_voice
        if any(a.last - a.first > longest_in or a.out_stop - a.out_start > longest_out for a in self.atoms):
            raise ValueError(f"an atom is longer than {LONGEST_PIECE} s")


@dataclass(frozen=True, slots=True)
class MeasuringOrder(Order):
    """One worker is to measure what its device brings."""

    is_short: bool = True
    suites: Annotated[tuple[Offer, ...], Meta(max_length=20)] = ()
    """What is to be measured; all of it where none is named."""
    kind: Annotated[str, Meta(pattern=rf"^{MEASURING}\Z")] = field(default=MEASURING, kw_only=True)


@dataclass(frozen=True, slots=True)
class Bundle(Message):
    """Leases of short recordings that travel together, because each by itself would cost more to send than to do."""

    token: Token
    orders: Annotated[tuple[Json, ...], Meta(min_length=1, max_length=MOST_TOGETHER)]

    @staticmethod
    def is_one(message: object) -> bool:
        """Whether a message holds several orders."""
        return isinstance(message, dict) and "orders" in message


def plain_error(error: object) -> str:
    """An error's text, shortened and cleaned so that it can be sent."""
    return str(error).encode("utf-8", "replace").decode().replace("\0", "")[:LONGEST_ERROR]


@dataclass(frozen=True, slots=True)
class AtomOutcome:
    """How one atom ended and where its time went, in seconds."""

    number: Count
    outcome: Annotated[str, Meta(pattern=r"^[a-z]{1,16}\Z")]
    audio_seconds: Seconds = 0.0
    error: Annotated[str, Meta(pattern=r"^[^\x00\ud800-\udfff]*\Z", max_length=LONGEST_ERROR)] | None = None
    peak: Annotated[float, Meta(ge=0.0, le=1e6)] = 0.0
    fetch: Seconds = 0.0
    decode: Seconds = 0.0
    convert: Seconds = 0.0
    stages: Annotated[Mapping[Name, Seconds], Meta(max_length=64)] = field(default_factory=dict)
    encode: Seconds = 0.0
    store: Seconds = 0.0
    busy: Seconds = 0.0
    peak_memory_mb: Megabytes = 0.0


@dataclass(frozen=True, slots=True)
class LeaseReport(Message):
    """News of a lease: the atoms that ended since the last report, and whether the worker is done with it."""

    token: Token
    incarnation: Token
    outcomes: Annotated[tuple[AtomOutcome, ...], Meta(max_length=1_000)] = ()
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class BundleReport(Message):
    """News of several leases of one bundle."""

    token: Token
    incarnation: Token
    reports: Annotated[tuple[LeaseReport, ...], Meta(min_length=1, max_length=MOST_TOGETHER)]

    @staticmethod
    def is_one(message: object) -> bool:
        """Whether a message reports on several leases."""
        return isinstance(message, dict) and "reports" in message


@dataclass(frozen=True, slots=True)
class MeasuringReport(Message):
    """What a worker measured, as its document, or why it could not."""

    token: Token
    incarnation: Token
    found: Json | None = None
    error: Annotated[str, Meta(pattern=r"^[^\x00\ud800-\udfff]*\Z", max_length=LONGEST_ERROR)] = ""

    def __post_init__(self) -> None:
        if not _is_finite(self.found):
            raise ValueError("a number in its document is not finite")


@dataclass(frozen=True, slots=True)
class Heartbeat(Message):
    """A worker says who it is, what it offers and which leases it holds."""

    incarnation: Token
    name: Name
    queue: Annotated[str, Meta(pattern=r"^convert\.[a-z0-9][a-z0-9.+:-]{0,199}\Z")]
    capability: Annotated[str, Meta(pattern=r"^(cuda|mlx|cpu)\Z")] = "cpu"
    device: Name = "unknown"
    offers: Annotated[tuple[Offer, ...], Meta(max_length=200)] = ()
    engines: Annotated[Mapping[Offer, Offer], Meta(max_length=50)] = field(default_factory=dict)
    host: Name = "unknown"
    pid: Count = 0
    state: WorkerState = WorkerState.READY
    holding: Annotated[tuple[Token, ...], Meta(max_length=100)] = ()
    memory_mb: Megabytes = 0.0
    serial: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Number of this heartbeat, so that none is used twice; 0 from a worker that does not number them."""
    most_leases: Annotated[int, Meta(ge=1, le=10_000)] = 1
    """How many leases it understands in one message."""
    own_queue: Annotated[str, Meta(pattern=r"^(convert\.[a-z0-9][a-z0-9.+:@-]{0,219})?\Z")] = ""
    """The queue that reaches it alone; empty from a worker that has none."""

    def __post_init__(self) -> None:
        if self.state == WorkerState.LOST:
            raise ValueError("no worker says of itself that it is lost")
