"""A job's timeline for Perfetto: what it shows is what the records say, in the form that such programs read."""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dispatcher.reports.job import JobRows
from dispatcher.reports.trace import trace_of, write_trace
from storage.errors import InputError
from tests.reports.rows import attempt, job, lease


def rows(**given: Any) -> JobRows:
    stages = {"pitch": 0.25, "content": 0.5, "generator": 1.0}
    attempts = [
        attempt(0, "a", "one", busy=2.0, convert=1.75, stages=stages, fetch=0.2, store=0.3, id=1),
        attempt(1, "a", "one", busy=1.0, ended_at=1006.5, id=2),
        attempt(2, "b", "two", "failed", busy=3.0, ended_at=1009.0, error="it broke", id=3),
        attempt(2, "c", "one", busy=1.0, ended_at=1011.0, id=4),
    ]  # fmt: skip
    leases = [
        lease("a", 0, 1, started_at=1002.5, ended_at=1006.6), lease("b", 2, 2, started_at=1005.0, state="lost"),
        lease("c", 2, 2, created_at=1009.5, started_at=1009.75, ended_at=1011.0),
    ]  # fmt: skip
    return JobRows(job=job(**given), attempts=attempts, leases=leases, lives=[])


def events(kind: str, **given: Any) -> list[dict[str, Any]]:
    return [event for event in trace_of(rows(**given))["traceEvents"] if event["ph"] == kind]


def test_every_machine_and_the_dispatcher_have_a_name() -> None:
    named = {e["pid"]: e["args"]["name"] for e in events("M") if e["name"] == "process_name"}
    assert named == {1: "dispatcher", 2: "one", 3: "two"}
    lines = {(e["pid"], e["tid"]): e["args"]["name"] for e in events("M") if e["name"] == "thread_name"}
    assert all((e["pid"], e["tid"]) in lines for e in events("X"))


def test_atoms_are_where_the_records_have_them_counted_from_the_submission() -> None:
    atoms = {(e["pid"], e["name"]): e for e in events("X") if e["name"].startswith("atom")}
    first = atoms[2, "atom 0"]
    assert (first["ts"], first["dur"]) == (3_000_000, 2_000_000)
    assert first["args"] == {
        "outcome": "done", "audio seconds": 20.0, "lease": "a", "fetch seconds": 0.2, "store seconds": 0.3,
    }  # fmt: skip
    failed = atoms[3, "atom 2"]
    assert (failed["ts"], failed["dur"], failed["args"]["error"]) == (6_000_000, 3_000_000, "it broke")
    (split,) = [e for e in events("X") if e["name"] == "split"]
    assert (split["pid"], split["ts"], split["dur"]) == (1, 1_500_000, 1_500_000)


def test_the_stages_of_an_atom_end_with_it_one_after_the_other() -> None:
    of_first = [e for e in events("X") if (e["pid"], e["tid"]) == (2, 1) and 3_000_000 <= e["ts"] < 5_000_000]
    told = [(e["name"], e["ts"], e["dur"]) for e in of_first if not e["name"].startswith("atom")]
    assert told == [("pitch", 3_250_000, 250_000), ("content", 3_500_000, 500_000), ("generator", 4_000_000, 1_000_000)]


def test_stages_that_took_longer_than_their_atom_stay_within_it() -> None:
    attempts = [attempt(0, "a", "one", busy=1.0, stages={"pitch": 5.0, "content": 5.0})]
    long = JobRows(job=job(), attempts=attempts, leases=[], lives=[])
    slices = [e for e in trace_of(long)["traceEvents"] if e["ph"] == "X" and e["pid"] == 2]
    assert min(e["ts"] for e in slices) == 4_000_000
    assert max(e["ts"] + e["dur"] for e in slices) == 5_000_000


def test_a_machine_does_one_atom_after_the_other() -> None:
    lines = defaultdict(list)
    for event in events("X"):
        if event["name"].startswith("atom"):
            lines[event["pid"]].append((event["ts"], event["ts"] + event["dur"]))
    assert len(lines[2]) == 3
    for slices in lines.values():
        assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(slices)))


def test_leases_wait_and_then_are_worked_on() -> None:
    begins, ends = events("b"), events("e")
    assert [(e["id"], e["name"]) for e in begins] == [(e["id"], e["name"]) for e in ends]
    third = [(b["name"], b["ts"], e["ts"]) for b, e in zip(begins, ends, strict=True) if b["id"] == 3]
    assert third == [("lease waits", 9_500_000, 9_750_000), ("lease", 9_750_000, 11_000_000)]
    assert {b["pid"] for b in begins if b["id"] == 2} == {3}


def test_progress_counts_what_was_converted_and_only_that() -> None:
    assert [(e["ts"], e["args"]["seconds"]) for e in events("C")] == [
        (5_000_000, 20.0), (6_500_000, 40.0), (11_000_000, 60.0),
    ]  # fmt: skip


def test_clocks_that_disagree_put_nothing_before_the_submission() -> None:
    assert min(e["ts"] for e in trace_of(rows(submitted_at=1004.5))["traceEvents"] if "ts" in e) == 0


def test_the_file_is_whole_and_replaces_nothing_unasked(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    write_trace(rows(), file)
    assert json.loads(file.read_text(encoding="utf-8")) == trace_of(rows())
    with pytest.raises(InputError, match="exists already"):
        write_trace(rows(), file)
    write_trace(rows(), file, overwrite=True)


def test_of_a_job_whose_pieces_are_no_longer_kept_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="are no longer kept, so it has no timeline"):
        write_trace(rows(rolled_up=True), tmp_path / "trace.json")
    assert not list(tmp_path.iterdir())
