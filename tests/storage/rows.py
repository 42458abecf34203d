"""Rows for tests: single facts about a farm, and jobs with their atoms."""

from typing import Any

from sqlalchemy import Connection, insert, select

from storage.records.database import Database
from storage.records.schema import AtomRecord, FarmRecord, JobRecord

JOB: dict[str, Any] = {
    "state": "submitted", "reason": "", "name": "talk.wav", "source_hash": "0" * 64, "source_bytes": 1 << 40,
    "source_rate": 192_000, "source_frames": 1 << 40, "allow_truncated": False, "voice": "bright", "engine": "world",
    "engine_version": "1", "recipe": {"pitch": 2.5}, "settings": {}, "needs": ("studio-a",), "priority": 5,
    "rate_in": 16_000, "rate_voice": 48_000, "context_samples": 8000, "rate_out": 48_000, "format": "flac",
    "seconds": 1e6 / 3, "atoms": 0, "atoms_waiting": 0, "atoms_done": 0, "seconds_split": 0.0, "seconds_waiting": 0.0,
    "seconds_done": 0.0, "peak": 0.0, "last_leased_at": 0.0, "claim_until": 0.0, "claims": 0, "result_frames": 0,
    "result_bytes": 0, "submitted_at": 1.75e9 + 1 / 3, "split_took": 0.0, "first_atom_took": 0.0, "stitch_took": 0.0,
    "swept": False,
}  # fmt: skip
ATOM: dict[str, Any] = {
    "number": 0, "start": 0, "stop": 320, "first": 0, "last": 640, "out_start": 0, "out_stop": 960, "state": "waiting",
    "attempts": 0,
}  # fmt: skip


def add_fact(connection: Connection, name: str, value: float = 1.0) -> None:
    connection.execute(insert(FarmRecord).values(name=name, value=value))


def add_job(connection: Connection, **fields: Any) -> int:
    """Add a job with one atom and return its number."""
    made = connection.execute(insert(JobRecord).values({**JOB, **fields}).returning(JobRecord.id))
    job_id = int(made.scalar_one())
    connection.execute(insert(AtomRecord).values({**ATOM, "job_id": job_id}))
    return job_id


def facts(database: Database) -> dict[str, float]:
    """All committed single facts."""
    with database.reading() as connection:
        return {row.name: row.value for row in connection.execute(select(FarmRecord.name, FarmRecord.value))}
