"""Records made by hand, of which a test gives only what matters."""

from typing import Any

from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord, WorkerRecord


def job(**given: Any) -> JobRecord:
    facts: dict[str, Any] = {
        "state": "finished", "name": "talk.wav", "source_hash": "abc", "source_bytes": 1, "source_rate": 16_000,
        "source_frames": 1_920_000, "voice": "bright", "engine": "world", "engine_version": "1", "recipe": {},
        "settings": {}, "needs": ["world"], "rate_in": 24_000, "rate_voice": 24_000, "context_samples": 0,
        "rate_out": 24_000, "format": "wav", "seconds": 120.0, "atoms": 6, "submitted_at": 1000.0,
        "started_at": 1002.0, "split_at": 1003.0, "converted_at": 1012.0, "ended_at": 1013.0, "split_took": 1.5,
        "first_atom_took": 0.5, "stitch_took": 0.75,
    }  # fmt: skip
    return JobRecord(**(facts | given))


def attempt(number: int, token: str, worker: str, outcome: str = "done", **given: Any) -> AttemptRecord:
    identity = given.pop("id", 0)
    facts: dict[str, Any] = {
        "job_id": 1, "number": number, "token": token, "worker": worker, "incarnation": f"run of {worker}",
        "capability": "cpu", "device": "old", "engine": "world", "outcome": outcome, "audio_seconds": 20.0,
        "busy": 2.0, "ended_at": 1005.0,
    }  # fmt: skip
    record = AttemptRecord(**(facts | given))
    if identity:
        record.id = identity
    return record


def lease(token: str, first: int, last: int, **given: Any) -> LeaseRecord:
    facts: dict[str, Any] = {
        "token": token, "job_id": 1, "queue": "convert.cpu.old", "engine": "world", "first_number": first,
        "last_number": last, "seconds": 20.0, "state": "finished", "created_at": 1002.0, "ended_at": 1010.0,
    }  # fmt: skip
    return LeaseRecord(**(facts | given))


def worker(name: str, **given: Any) -> WorkerRecord:
    facts: dict[str, Any] = {
        "incarnation": f"run of {name}", "name": name, "queue": "convert.cpu.old", "capability": "cpu",
        "device": "old", "offers": ["cpu", "cpu.old", "studio-a", "world"], "engines": {"world": "1"}, "host": "here",
        "pid": 1, "state": "busy", "holding": [], "memory_mb": 100.0, "started_at": 990.0, "last_seen": 1020.0,
    }  # fmt: skip
    return WorkerRecord(**(facts | given))
