"""The farm in numbers for Prometheus: seconds of audio, which Celery's own tools do not know."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from dispatcher.feed.speed import Speed
from storage.records.database import Database
from storage.records.schema import AttemptRecord, JobRecord, SpeedRecord, WorkerRecord
from storage.records.states import OPEN_JOBS, JobState, Outcome, WorkerState
from workers.wire.routes import class_of

#: Seconds over which throughput is taken: several atoms of any machine, and several looks of Prometheus.
THROUGHPUT_WINDOW = 120.0
#: Seconds over which failures are counted.
FAILURES_WINDOW = 3_600.0
#: Seconds for which a worker that fell silent is still told of. One that said goodbye is not.
SILENT_FOR = 86_400.0

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that is looked at again and again, or one for each of several things."""

    name: str
    help: str
    samples: list[Sample] = field(default_factory=list)


def read_metrics(database: Database, now: float) -> list[Metric]:
    """All metrics as they are now."""
    with database.reading() as connection:
        return list(_metrics(connection, now))


def _metrics(connection: Connection, now: float) -> Iterator[Metric]:
    yield Metric(
        "voicefarm_worker_silent_seconds", "Seconds since a worker was heard of, unless it said goodbye.",
        list(_silent(connection, now)),
    )  # fmt: skip
    yield Metric(
        "voicefarm_throughput", "Seconds of audio converted a second, over the last two minutes.",
        list(_throughput(connection, now)),
    )  # fmt: skip
    yield Metric(
        "voicefarm_class_speed", "Seconds of audio that a machine of a class converts in a second of its own time.",
        list(_speeds(connection)),
    )  # fmt: skip
    yield Metric("voicefarm_open_jobs", "Jobs that have not ended, by state.", list(_open_jobs(connection)))
    yield Metric(
        "voicefarm_waiting_audio_seconds", "Seconds of audio of open jobs that are still to be converted.",
        [({}, _waiting(connection))],
    )  # fmt: skip
    yield Metric(
        "voicefarm_recent_attempts", "Tries of atoms that ended in the last hour, by outcome.",
        list(_attempts(connection, now)),
    )  # fmt: skip
    yield Metric("voicefarm_recent_failed_jobs", "Jobs that failed in the last hour.", [({}, _failed(connection, now))])


def _silent(connection: Connection, now: float) -> Iterator[Sample]:
    """By the last run of each, because one that died may have been started again, and then said goodbye."""
    seen = (
        select(
            WorkerRecord.name, WorkerRecord.capability, WorkerRecord.queue, WorkerRecord.state, WorkerRecord.last_seen
        )
        .where(WorkerRecord.last_seen > now - SILENT_FOR)
        .order_by(WorkerRecord.last_seen)
    )
    last_runs = {row.name: row for row in connection.execute(seen)}
    for name, row in sorted(last_runs.items()):
        if row.state != WorkerState.GONE:
            labels = {"worker": name, "capability": row.capability, "class": class_of(row.queue)}
            yield labels, max(now - row.last_seen, 0.0)


def _throughput(connection: Connection, now: float) -> Iterator[Sample]:
    audio = func.sum(AttemptRecord.audio_seconds)
    lately = (
        select(AttemptRecord.worker, AttemptRecord.capability, AttemptRecord.engine, audio)
        .where(AttemptRecord.outcome == Outcome.DONE, AttemptRecord.ended_at > now - THROUGHPUT_WINDOW)
        .group_by(AttemptRecord.worker, AttemptRecord.capability, AttemptRecord.engine)
    )
    for worker, capability, engine, seconds in connection.execute(lately):
        labels = {"worker": worker, "capability": capability, "engine": engine}
        yield labels, float(seconds) / THROUGHPUT_WINDOW


def _speeds(connection: Connection) -> Iterator[Sample]:
    learned = select(SpeedRecord.queue, SpeedRecord.engine, SpeedRecord.audio, SpeedRecord.busy)
    for queue, engine, audio, busy in connection.execute(learned.where(SpeedRecord.busy > 0.0)):
        speed = Speed(audio, busy).sound()
        if speed.busy:
            yield {"class": class_of(queue), "queue": queue, "engine": engine}, speed.factor


def _open_jobs(connection: Connection) -> Iterator[Sample]:
    counted = select(JobRecord.state, func.count()).where(JobRecord.state.in_(OPEN_JOBS)).group_by(JobRecord.state)
    there = {str(state): int(count) for state, count in connection.execute(counted)}
    for state in OPEN_JOBS:
        yield {"state": str(state)}, float(there.get(str(state), 0))


def _waiting(connection: Connection) -> float:
    left = select(func.sum(JobRecord.seconds - JobRecord.seconds_done)).where(JobRecord.state.in_(OPEN_JOBS))
    return max(float(connection.execute(left).scalar_one() or 0.0), 0.0)


def _attempts(connection: Connection, now: float) -> Iterator[Sample]:
    counted = (
        select(AttemptRecord.outcome, func.count())
        .where(AttemptRecord.ended_at > now - FAILURES_WINDOW)
        .group_by(AttemptRecord.outcome)
    )
    there = {str(outcome): int(count) for outcome, count in connection.execute(counted)}
    for outcome in sorted({*map(str, Outcome), *there}):
        yield {"outcome": outcome}, float(there.get(outcome, 0))


def _failed(connection: Connection, now: float) -> float:
    counted = select(func.count()).where(JobRecord.state == JobState.FAILED, JobRecord.ended_at > now - FAILURES_WINDOW)
    return float(connection.execute(counted).scalar_one())


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics as Prometheus reads them."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge"]
        lines += [f"{metric.name}{_labelled(labels)} {value:.10g}" for labels, value in metric.samples]
    return "\n".join([*lines, ""])


def _labelled(labels: dict[str, str]) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
