"""jobs, show, cancel, retry, fetch: what became of submitted recordings."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import JOB_NUMBER, OneOf
from dispatcher.cli.failing import error_object
from dispatcher.cli.printing import print_table
from dispatcher.cli.remedies import worded
from dispatcher.cli.saying import complain, print_facts, print_json, say, shown_seconds, shown_time
from dispatcher.client.answers import Changed
from dispatcher.client.farm import Farm
from dispatcher.reports.summary import JobSummary
from storage.errors import VoicefarmError
from storage.records.states import JobState


@click.command("jobs")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many, the newest first.")
@click.option("--state", type=OneOf([s.value for s in JobState]), help="Only those in this state.")
@as_json
def jobs_command(*, limit: int, state: str | None, as_json: bool) -> None:
    """List jobs, newest first, with their progress and what they wait for."""
    summaries = Farm.open().jobs(limit, JobState(state) if state else None)
    if as_json:
        print_json([s.to_json() for s in summaries])
        return
    rows = [
        (s.id, s.name, s.voice, s.state, f"{100 * s.done:.0f} %", shown_seconds(s.seconds), s.left, s.note)
        for s in summaries
    ]
    print_table(
        ("job", "recording", "voice", "state", "done", "length", "left", ""),
        rows,
        numbers=("done", "length", "left"),
        dispensable=("length", "voice", "left"),
        below="",
    )


@click.command("show")
@click.argument("job", type=JOB_NUMBER)
@as_json
def show_command(job: int, *, as_json: bool) -> None:
    """Show all that is known of one job."""
    summary = Farm.open().job(job)
    if as_json:
        print_json(summary.to_json())
    else:
        print_facts(_facts(summary))


@click.command("cancel")
@click.argument("jobs", nargs=-1, required=True, type=JOB_NUMBER)
@as_json
def cancel_command(jobs: tuple[int, ...], *, as_json: bool) -> None:
    """Cancel jobs; what is already done stays in the object store for a retry."""
    farm = Farm.open()

    def cancel(job: int) -> Changed:
        changed = farm.cancel(job)
        if not changed.is_told:
            # Workers learn of it with their next heartbeat.
            complain("the broker is away; workers will be told once it is back")
        return changed

    _each(jobs, cancel, "job {} is {}", as_json=as_json)


@click.command("retry")
@click.argument("jobs", nargs=-1, required=True, type=JOB_NUMBER)
@as_json
def retry_command(jobs: tuple[int, ...], *, as_json: bool) -> None:
    """Let failed or cancelled jobs continue where they stopped."""
    farm = Farm.open()

    def retry(job: int) -> Changed:
        changed = farm.retry(job)
        if not changed.is_told:
            complain(f"job {job} starts once the farm is up")
        return changed

    _each(jobs, retry, "job {} is {} again", as_json=as_json)


@click.command("fetch")
@click.argument("job", type=JOB_NUMBER)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="File, or folder, for the result.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@as_json
def fetch_command(job: int, out: Path, *, overwrite: bool, as_json: bool) -> None:
    """Bring a finished job's result to a file."""
    farm = Farm.open()
    target = farm.fetch(job, out, overwrite=overwrite)
    name = farm.job(job).name
    if as_json:
        print_json({"job": job, "name": name, "result": str(target)})
    else:
        say(f"{name} -> {target}")


def _each(jobs: Iterable[int], act: Callable[[int], Changed], told: str, *, as_json: bool) -> None:
    """Do it for every job; a refusal does not stop the others."""
    became: list[dict[str, object]] = []
    for job in jobs:
        try:
            state = str(act(job).state)
        except VoicefarmError as error:
            complain(worded(error))
            became.append({"job": job, "state": None, "error": error_object(error)})
            continue
        became.append({"job": job, "state": state, "error": None})
        if not as_json:
            say(told.format(job, state))
    if as_json:
        print_json(became)
    if any(entry["error"] for entry in became):
        sys.exit(1)


def _facts(s: JobSummary) -> list[tuple[str, object]]:
    return [
        ("job", s.id),
        ("recording", s.name),
        ("title", s.title),
        ("artist", s.artist),
        ("voice", s.voice),
        ("settings", ", ".join(f"{name} {value}" for name, value in s.settings.items())),
        ("needs", ", ".join(s.needs)),
        ("state", s.state),
        ("note", s.note),
        ("length", shown_seconds(s.seconds)),
        ("done", f"{100 * s.done:.1f} % ({s.atoms_done} of {s.atoms} atoms)"),
        ("left", s.left),
        ("submitted", shown_time(s.submitted_at)),
        ("started", shown_time(s.started_at)),
        ("ended", shown_time(s.ended_at)),
        ("result", f"{s.format}, {s.rate_out} Hz, {s.result_frames} samples" if s.result_frames else ""),
    ]
