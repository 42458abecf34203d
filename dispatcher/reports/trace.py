"""A job's timeline in the format of Chrome's traces, for Perfetto (ui.perfetto.dev) and chrome://tracing.

Each machine is a process there, with what it did one after the other, and with its leases, which wait while others are
worked on. Of what runs beside the conversion, fetching and storing, only the length is known: each atom tells it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from dispatcher.jobs.copies import find_copies
from dispatcher.jobs.whole_file import refuse_existing, whole_file
from dispatcher.reports.job import JobRows
from dispatcher.reports.timeline import Bar, lay_out_bars
from dispatcher.reports.work import Span
from storage.errors import InputError
from storage.records.column_values import seconds_in
from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord

Event = dict[str, Any]

#: Microseconds in a second: what the format counts in.
_MICRO = 1e6
#: The number of a machine's line.
_CONVERTING = 1
#: What an atom tells of what ran beside its conversion.
_BESIDE = ("fetch", "decode", "encode", "store")
#: The number of the process that stands for the dispatcher; machines come after it.
_DISPATCHER = 1


def write_trace(rows: JobRows, target: Path, *, overwrite: bool = False) -> None:
    """Write a job's timeline, of one that still runs as far as it has come."""
    refuse_existing(target, overwrite=overwrite)
    if rows.job.rolled_up:
        raise InputError(
            f"the pieces of job {rows.job.id} are no longer kept, so it has no timeline; its report still tells their"
            " totals"
        )
    with whole_file(target) as path:
        path.write_text(json.dumps(trace_of(rows), indent=1), encoding="utf-8")


def trace_of(rows: JobRows) -> dict[str, Any]:
    """The trace; times count from the submission."""
    job = rows.job
    bars = lay_out_bars(rows.attempts, find_copies(rows.leases, rows.attempts))
    numbers = {worker: n for n, worker in enumerate(sorted({bar.worker for bar in bars}), _DISPATCHER + 1)}
    events = [*_of_dispatcher(job)]
    for worker, number in numbers.items():
        events += _named(number, worker, {_CONVERTING: "converting"})
    for bar in bars:
        events += _of_bar(bar, numbers[bar.worker], job)
    events += _of_leases(rows, numbers)
    events += _progress(bars, job)
    return {
        "displayTimeUnit": "ms",
        "otherData": {"job": job.id, "recording": job.name, "voice": job.voice, "submitted_at": job.submitted_at},
        "traceEvents": events,
    }


def _of_dispatcher(job: JobRecord) -> Iterator[Event]:
    yield from _named(_DISPATCHER, "dispatcher", {1: "split", 2: "stitch"})
    for line, name, ended_at, took in (
        (1, "split", job.split_at, job.split_took),
        (2, "stitch", job.ended_at, job.stitch_took),
    ):
        if ended_at is not None and took > 0.0:
            yield _slice(job, _DISPATCHER, line, name, Span(ended_at - took, ended_at), {})


def _named(process: int, name: str, lines: Mapping[int, str]) -> Iterator[Event]:
    yield {"ph": "M", "name": "process_name", "pid": process, "args": {"name": name}}
    for line, called in lines.items():
        yield {"ph": "M", "name": "thread_name", "pid": process, "tid": line, "args": {"name": called}}


def _of_bar(bar: Bar, process: int, job: JobRecord) -> Iterator[Event]:
    """An attempt, with the engine's stages in it."""
    attempt = bar.attempt
    facts = {"outcome": bar.kind, "audio seconds": attempt.audio_seconds, "lease": attempt.token}
    facts |= {f"{name} seconds": took for name in _BESIDE if (took := getattr(attempt, name)) > 0.0}
    if attempt.error:
        facts["error"] = attempt.error
    yield _slice(job, process, _CONVERTING, f"atom {bar.number}", bar.span, facts)
    for name, span in _stages(attempt, bar.span):
        yield _slice(job, process, _CONVERTING, name, span, {})


def _stages(attempt: AttemptRecord, span: Span) -> Iterator[tuple[str, Span]]:
    """The engine's stages back to back up to the end, as it does one after the other; only their lengths are known."""
    told = [(name, took) for name, took in seconds_in(attempt.stages).items() if took > 0.0]
    begin = max(span.end - sum(took for _, took in told), span.start)
    for name, took in told:
        end = min(begin + took, span.end)
        yield name, Span(begin, end)
        begin = end


def _of_leases(rows: JobRows, numbers: Mapping[str, int]) -> Iterator[Event]:
    """Each lease from when it was handed out: waiting, then worked on."""
    workers = {attempt.token: attempt.worker for attempt in rows.attempts}
    for number, lease in zip(count(1), rows.leases, strict=False):
        process = numbers.get(workers.get(lease.token, ""), _DISPATCHER)
        for name, span in _spans(lease):
            shared = {"cat": "lease", "id": number, "pid": process, "tid": 0, "name": name}
            facts = {"atoms": f"{lease.first_number}-{lease.last_number}", "state": lease.state, "lease": lease.token}
            yield {"ph": "b", "ts": _moment(rows.job, span.start), "args": facts, **shared}
            yield {"ph": "e", "ts": _moment(rows.job, span.end), **shared}


def _spans(lease: LeaseRecord) -> Iterator[tuple[str, Span]]:
    if lease.started_at is not None:
        yield "lease waits", Span(lease.created_at, lease.started_at)
    begun = lease.created_at if lease.started_at is None else lease.started_at
    if lease.ended_at is not None:
        yield "lease" if lease.started_at is not None else "lease not begun", Span(begun, lease.ended_at)


def _progress(bars: Sequence[Bar], job: JobRecord) -> Iterator[Event]:
    """How much audio was there at each moment."""
    there = 0.0
    for bar in sorted(bars, key=lambda bar: bar.span.end):
        if bar.kind in {"done", "cached", "copy"}:
            there += bar.attempt.audio_seconds
            yield {
                "ph": "C", "name": "seconds of audio converted", "pid": _DISPATCHER,
                "ts": _moment(job, bar.span.end), "args": {"seconds": round(there, 3)},
            }  # fmt: skip


def _slice(job: JobRecord, process: int, line: int, name: str, span: Span, facts: Mapping[str, Any]) -> Event:
    return {
        "ph": "X", "cat": "work", "name": name, "pid": process, "tid": line, "ts": _moment(job, span.start),
        "dur": max(_moment(job, span.end) - _moment(job, span.start), 0), "args": dict(facts),
    }  # fmt: skip


def _moment(job: JobRecord, moment: float) -> int:
    """A moment as the format counts; nothing is before the submission, whatever clocks say."""
    return max(round((moment - job.submitted_at) * _MICRO), 0)
