"""jobs, show, cancel, retry, fetch: what became of recordings that were handed in."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from dispatcher.cli.addresses import refuse_address
from dispatcher.cli.opening import as_json, open_farm
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.cli.sources import is_folder
from dispatcher.cli.tables import print_facts, print_table, shown_seconds, shown_time
from dispatcher.cli.targets import refuse_video
from dispatcher.cli.writable import why_irreplaceable
from dispatcher.jobs.ending import cancel_job, retry_job
from dispatcher.jobs.fetching import fetch_result
from dispatcher.jobs.loading import load_job, load_jobs
from dispatcher.jobs.summary import JobSummary, summarise
from dispatcher.reports.waiting import live_offers
from storage.audio.formats import format_of
from storage.errors import BrokerUnavailable, InputError, VoicefarmError
from storage.records.states import JobState


class JobNumber(click.IntRange):
    """A number that a job can have."""

    name = "number of a job"


JOB_NUMBER = JobNumber(1, 2**63 - 1)


@click.command("jobs")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many, the newest first.")
@click.option("--state", type=click.Choice([s.value for s in JobState]), help="Only those in this state.")
@as_json
def jobs_command(*, limit: int, state: str | None, as_json: bool) -> None:
    """List jobs, newest first, with their progress and what they wait for."""
    farm = open_farm()
    live = live_offers(farm.database)
    summaries = [summarise(job, live) for job in load_jobs(farm.database, limit, state=state)]
    if as_json:
        print_json([s.to_json() for s in summaries])
        return
    rows = [
        (s.id, s.name, s.voice, s.state, f"{100 * s.done:.0f} %", shown_seconds(s.seconds), s.left, s.note)
        for s in summaries
    ]
    print_table(("job", "recording", "voice", "state", "done", "length", "left", ""), rows)


@click.command("show")
@click.argument("job", type=JOB_NUMBER)
@as_json
def show_command(job: int, *, as_json: bool) -> None:
    """Show all that is known of one job."""
    farm = open_farm()
    summary = summarise(load_job(farm.database, job), live_offers(farm.database))
    if as_json:
        print_json(summary.to_json())
    else:
        print_facts(_facts(summary))


@click.command("cancel")
@click.argument("jobs", nargs=-1, required=True, type=JOB_NUMBER)
def cancel_command(jobs: tuple[int, ...]) -> None:
    """Cancel jobs; what is done of them stays in the object store for a retry."""
    from dispatcher.jobs.starting import drop

    farm = open_farm()

    def cancel(job: int) -> None:
        tokens = cancel_job(farm.database, job)
        try:
            drop(tokens)
        except BrokerUnavailable:
            # Workers learn of it with their next heartbeat.
            complain("the broker is away; workers will be told once it is back")
        say(f"job {job} is cancelled")

    _each(jobs, cancel)


@click.command("retry")
@click.argument("jobs", nargs=-1, required=True, type=JOB_NUMBER)
def retry_command(jobs: tuple[int, ...]) -> None:
    """Let failed or cancelled jobs go on where they stood."""
    from dispatcher.cli.starting import start

    farm = open_farm()

    def retry(job: int) -> None:
        state = retry_job(farm.database, job)
        if state is JobState.SUBMITTED:
            start(farm, job)
        say(f"job {job} is {state} again")

    _each(jobs, retry)


@click.command("fetch")
@click.argument("job", type=JOB_NUMBER)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="File, or folder, for the result.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
def fetch_command(job: int, out: Path, *, overwrite: bool) -> None:
    """Bring a finished job's result to a file."""
    refuse_address(out)
    farm = open_farm()
    record = load_job(farm.database, job)
    target = out / f"{Path(record.name).stem}.{record.format}" if is_folder(out) else out
    refuse_video(target, target.suffix)
    if target.suffix and format_of(target) != record.format:
        raise InputError(f"job {job} was made as {record.format}; name the file so, or submit it anew with --format")
    if os.path.lexists(target) and not overwrite:
        raise InputError(f"{target} exists already; pass --overwrite to replace it")
    if why := why_irreplaceable(target):
        raise InputError(why)
    fetch_result(farm.store, record, target, farm.database)
    say(f"{record.name} -> {target}")


def _each(jobs: Iterable[int], act: Callable[[int], None]) -> None:
    """Do it for every job; one that refuses does not stop the others."""
    refused = False
    for job in jobs:
        try:
            act(job)
        except VoicefarmError as error:
            refused = True
            complain(error)
    if refused:
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
