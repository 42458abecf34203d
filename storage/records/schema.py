"""The records, one class per table. Times are seconds since the epoch by a dispatcher's clock."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from storage.records.column_values import Tags

#: SQLite numbers rows by itself only in a column of type INTEGER.
Counted = BigInteger().with_variant(Integer(), "sqlite")


class Record(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Base of all records."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: String(255),
        float: Float(53),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        int: BigInteger(),
    }


class VoiceRecord(Record, kw_only=True):
    """A voice that jobs may name: a recipe for an engine, or a package in the object store."""

    __tablename__ = "voices"

    name: Mapped[str] = mapped_column(primary_key=True)
    engine: Mapped[str]
    content_hash: Mapped[str]
    recipe: Mapped[dict[str, Any]]
    rate_out: Mapped[int]
    created_at: Mapped[float]


class ModelRecord(Record, kw_only=True):
    """A model that many voices share, such as a content encoder: a package in the object store under a name."""

    __tablename__ = "models"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    content_hash: Mapped[str]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[float]


class ConversionColumns(MappedAsDataclass, kw_only=True):
    """What only a conversion's job knows; every kind of work needs what stands in `JobRecord` itself."""

    source_rate: Mapped[int]
    source_frames: Mapped[int]
    """The number in the header until the split has counted them."""
    source_channels: Mapped[int] = mapped_column(default=1, server_default="1")
    channels: Mapped[str] = mapped_column(String(8), default="mix", server_default="mix")
    """`mix`, `each`, or the number of the one channel that is converted, counted from 1."""
    mix_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the channels beside the one that is converted go into the result."""
    track: Mapped[int] = mapped_column(default=0, server_default="0")
    """Which of its tracks of sound is converted."""
    allow_truncated: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str | None] = mapped_column(Text, default=None)
    artist: Mapped[str | None] = mapped_column(Text, default=None)
    voice: Mapped[str]
    recipe: Mapped[dict[str, Any]]
    rate_in: Mapped[int]
    rate_voice: Mapped[int]
    context_samples: Mapped[int]
    rate_out: Mapped[int]
    format: Mapped[str] = mapped_column(String(16))
    depth: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))
    """How the result's samples are stored: 16, 24 or float; empty for the format's own way."""
    extras: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the recording holds tags, markers or pictures that its result takes over."""
    keep_original: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the recording's own sound stays in the result as a second track."""
    effects_before: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The chain of effects that the recording goes through before it is cut."""
    effects_after: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The chain of effects that the result goes through before it is encoded."""
    peak: Mapped[float] = mapped_column(default=0.0)
    result_frames: Mapped[int] = mapped_column(default=0)

    @property
    def length(self) -> float:
        """Seconds that the recording lasts, as far as that is known."""
        return self.source_frames / self.source_rate


class RolledUpColumns(MappedAsDataclass, kw_only=True):
    """What is left of a job's leases once it is rolled up."""

    rolled_up: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its totals stand for its attempts and leases, which count no longer."""
    cleared: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the rows of its attempts, leases and atoms are gone too."""
    leases: Mapped[int] = mapped_column(default=0, server_default="0")
    leases_lost: Mapped[int] = mapped_column(default=0, server_default="0")
    leases_dropped: Mapped[int] = mapped_column(default=0, server_default="0")
    copies: Mapped[int] = mapped_column(default=0, server_default="0")
    copies_won: Mapped[int] = mapped_column(default=0, server_default="0")


class BatchRecord(Record, kw_only=True):
    """Jobs that were handed in together and are spoken of by one name."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float]
    notify: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The address that is told of its end, besides those of the farm."""
    filling_until: Mapped[float] = mapped_column(default=0.0, server_default="0")
    """Until when it counts as being handed in, so that it has not ended although all of its jobs have."""


class JobRecord(ConversionColumns, RolledUpColumns, Record, kw_only=True):
    """One recording to be converted, with running counts of its progress."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("jobs_by_state", "state", "priority", "submitted_at"),
        Index("jobs_to_feed", "priority", "submitted_at", sqlite_where=text("atoms_waiting > 0"),
              postgresql_where=text("atoms_waiting > 0")),
        # Without the state, which changes several times in a job's life.
        Index("jobs_by_batch", "batch_id"),
        Index("jobs_by_source", "source_hash"),
        Index("jobs_to_sweep", "ended_at", sqlite_where=text("swept = 0 AND ended_at IS NOT NULL"),
              postgresql_where=text("NOT swept AND ended_at IS NOT NULL")),
        Index("jobs_to_roll_up", "ended_at", sqlite_where=text("swept = 1 AND cleared = 0"),
              postgresql_where=text("swept AND NOT cleared")),
        # What most jobs are, however many there will be: written once in a job's life.
        Index("jobs_ended", "state", "ended_at", sqlite_where=text("ended_at IS NOT NULL"),
              postgresql_where=text("ended_at IS NOT NULL")),
        Index("jobs_ended_by_number", "state", "id", sqlite_where=text("ended_at IS NOT NULL"),
              postgresql_where=text("ended_at IS NOT NULL")),
        Index("jobs_by_source_bytes", "source_bytes"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    batch_id: Mapped[int | None] = mapped_column(Counted, ForeignKey("batches.id", name="jobs_of_batch"), default=None)
    kind: Mapped[str] = mapped_column(String(16), default="conversion", server_default="conversion")
    """What kind of work it is; dispatcher/kinds says what that means."""
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it failed: one sentence."""
    remark: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """What its owner should know about the recording or the result although nothing failed."""

    name: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """Where the recording was, as it was named when it was handed in."""
    wanted: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """What its batch calls the result, relative to wherever that is put."""
    mark: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    """What its result says of itself: which recording and which request it was made of."""
    carried: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    """What its owner wants back with the result."""
    notify: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The address that is told of its end, or of its batch's, besides those of the farm."""
    source_hash: Mapped[str]
    source_bytes: Mapped[int]
    engine: Mapped[str]
    engine_version: Mapped[str]
    settings: Mapped[dict[str, Any]]
    needs: Mapped[tuple[str, ...]] = mapped_column(Tags())
    leaves_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its settings leave something open, which the farm decides before it hands out the first atom."""
    priority: Mapped[int] = mapped_column(default=5)

    seconds: Mapped[float]
    """How much there is to do, as far as it is known: where each channel is converted, the length of all with sound."""
    atoms: Mapped[int] = mapped_column(default=0)
    atoms_waiting: Mapped[int] = mapped_column(default=0)
    atoms_done: Mapped[int] = mapped_column(default=0)
    atoms_damaged: Mapped[int] = mapped_column(default=0, server_default="0")
    """Atoms whose prepared samples must be cut again."""
    seconds_split: Mapped[float] = mapped_column(default=0.0)
    seconds_waiting: Mapped[float] = mapped_column(default=0.0)
    seconds_done: Mapped[float] = mapped_column(default=0.0)
    last_leased_at: Mapped[float] = mapped_column(default=0.0)

    claim: Mapped[str | None] = mapped_column(default=None)
    """Token of the split or stitch that is working on it."""
    claim_until: Mapped[float] = mapped_column(default=0.0)
    claims: Mapped[int] = mapped_column(default=0)
    """Tries of its current stage that ended without a report."""
    waiting_for: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """What its current stage waits for, such as an object store that does not answer: one sentence."""
    waiting_since: Mapped[float | None] = mapped_column(default=None)
    not_before: Mapped[float] = mapped_column(default=0.0, server_default="0")
    """When the waiting stage is tried again."""

    result_key: Mapped[str | None] = mapped_column(default=None)
    result_bytes: Mapped[int] = mapped_column(default=0)

    submitted_at: Mapped[float]
    started_at: Mapped[float | None] = mapped_column(default=None)
    """When a worker took the first lease."""
    split_at: Mapped[float | None] = mapped_column(default=None)
    converted_at: Mapped[float | None] = mapped_column(default=None)
    ended_at: Mapped[float | None] = mapped_column(default=None)
    split_took: Mapped[float] = mapped_column(default=0.0)
    first_atom_took: Mapped[float] = mapped_column(default=0.0)
    stitch_took: Mapped[float] = mapped_column(default=0.0)
    swept: Mapped[bool] = mapped_column(default=False)
    """Whether its source and atoms were removed from the object store."""


class AtomRecord(Record, kw_only=True):
    """A piece of a recording: samples `start..stop` of the prepared source, cut with the context `first..last`."""

    __tablename__ = "atoms"
    __table_args__ = (
        Index("atoms_waiting", "job_id", "number", sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
        Index("atoms_by_token", "job_id", "token", sqlite_where=text("state = 'leased'"),
              postgresql_where=text("state = 'leased'")),
    )  # fmt: skip

    job_id: Mapped[int] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    start: Mapped[int]
    stop: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    out_start: Mapped[int]
    out_stop: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    token: Mapped[str | None] = mapped_column(String(32), default=None)
    """The lease that holds it."""
    copy_token: Mapped[str | None] = mapped_column(String(32), default=None)
    """A second lease that may also finish it."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text, default=None)


class LeaseRecord(Record, kw_only=True):
    """A run of consecutive atoms handed to a queue."""

    __tablename__ = "leases"
    __table_args__ = (
        Index("leases_alive", "queue", sqlite_where=text("state IN ('queued', 'running')"),
              postgresql_where=text("state IN ('queued', 'running')")),
        Index("leases_by_job", "job_id"),
        Index("leases_by_original", "copy_of", sqlite_where=text("copy_of IS NOT NULL"),
              postgresql_where=text("copy_of IS NOT NULL")),
        Index("leases_by_bundle", "bundle", sqlite_where=text("bundle IS NOT NULL"),
              postgresql_where=text("bundle IS NOT NULL")),
    )  # fmt: skip

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    bundle: Mapped[str | None] = mapped_column(String(32), default=None)
    """The leases that were sent in one message share it; the order of their tokens is the order of their work."""
    job_id: Mapped[int] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"))
    queue: Mapped[str]
    engine: Mapped[str]
    first_number: Mapped[int] = mapped_column(Integer)
    last_number: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[float]
    state: Mapped[str] = mapped_column(String(16))
    copy_of: Mapped[str | None] = mapped_column(String(32), default=None)
    worker: Mapped[str | None] = mapped_column(String(32), default=None)
    """Incarnation of the worker that runs it."""
    created_at: Mapped[float]
    started_at: Mapped[float | None] = mapped_column(default=None)
    heard_at: Mapped[float | None] = mapped_column(default=None)
    """The last sign of progress."""
    expires_at: Mapped[float | None] = mapped_column(default=None)
    """When it counts as lost unless its worker mentions it first."""
    ended_at: Mapped[float | None] = mapped_column(default=None)


class EffortColumns(MappedAsDataclass, kw_only=True):
    """Who worked on what, how it ended and where the time went: of one try of an atom, or of many. Durations are in
    seconds.
    """

    worker: Mapped[str]
    incarnation: Mapped[str] = mapped_column(String(32))
    capability: Mapped[str] = mapped_column(String(16))
    device: Mapped[str]
    engine: Mapped[str]
    outcome: Mapped[str] = mapped_column(String(16))
    """One of `Outcome`, such as done, cached, failed, or late if another worker had finished it first."""
    error: Mapped[str | None] = mapped_column(Text, default=None)
    audio_seconds: Mapped[float]
    queue_wait: Mapped[float] = mapped_column(default=0.0)
    fetch: Mapped[float] = mapped_column(default=0.0)
    decode: Mapped[float] = mapped_column(default=0.0)
    convert: Mapped[float] = mapped_column(default=0.0)
    stages: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    encode: Mapped[float] = mapped_column(default=0.0)
    store: Mapped[float] = mapped_column(default=0.0)
    busy: Mapped[float] = mapped_column(default=0.0)
    """The worker's own time that it took, including waiting for the fetch."""
    peak_memory_mb: Mapped[float] = mapped_column(default=0.0)
    ended_at: Mapped[float]


class AttemptRecord(EffortColumns, Record, kw_only=True):
    """One try of one atom by one worker."""

    __tablename__ = "attempts"
    __table_args__ = (Index("attempts_by_job", "job_id"), Index("attempts_by_time", "ended_at"))

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    job_id: Mapped[int] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    token: Mapped[str] = mapped_column(String(32))


class AttemptTotalRecord(EffortColumns, Record, kw_only=True):
    """What the tries of a job that were alike come to; kept for ever, in place of the tries themselves."""

    __tablename__ = "attempt_totals"
    __table_args__ = (Index("attempt_totals_by_job", "job_id"), Index("attempt_totals_by_time", "ended_at"))

    id: Mapped[int] = mapped_column(Counted, primary_key=True, init=False)
    job_id: Mapped[int] = mapped_column(Counted, ForeignKey("jobs.id", ondelete="CASCADE"))
    attempts: Mapped[int]


class WorkerRecord(Record, kw_only=True):
    """One run of a worker process, from its first heartbeat to its last."""

    __tablename__ = "workers"
    __table_args__ = (
        Index("workers_by_time", "last_seen"),
        Index("workers_by_name", "name"),
        # Whoever was there once stays in the records for ever; those that are there are few.
        Index("workers_by_state", "state"),
    )

    incarnation: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    queue: Mapped[str]
    capability: Mapped[str] = mapped_column(String(16))
    device: Mapped[str]
    offers: Mapped[list[str]]
    engines: Mapped[dict[str, Any]]
    """Version by engine."""
    host: Mapped[str]
    pid: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    holding: Mapped[list[str]]
    memory_mb: Mapped[float] = mapped_column(default=0.0)
    started_at: Mapped[float]
    last_seen: Mapped[float]
    most_leases: Mapped[int] = mapped_column(default=1, server_default="1")
    """How many leases it understands in one message."""
    own_queue: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """The queue that reaches this worker alone; empty for a worker that has none and cannot be measured."""
    key: Mapped[str | None] = mapped_column(default=None)
    """The worker key that its first heartbeat was signed with."""


class WorkerKeyRecord(Record, kw_only=True):
    """A key that workers sign with; once there is one, unsigned messages are ignored."""

    __tablename__ = "worker_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[str]
    created_at: Mapped[float]


class SpeedRecord(Record, kw_only=True):
    """What has been learned about how fast a class of machines runs an engine."""

    __tablename__ = "speeds"

    queue: Mapped[str] = mapped_column(primary_key=True)
    engine: Mapped[str] = mapped_column(primary_key=True)
    audio: Mapped[float]
    busy: Mapped[float]
    updated_at: Mapped[float]


class FarmRecord(Record, kw_only=True):
    """Single facts about the farm as a whole."""

    __tablename__ = "farm"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
