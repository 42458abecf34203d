"""jobs, batches, show, cancel, retry, priority: what becomes of submitted recordings."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import BATCH, JOB_NUMBER, JOB_OR_BATCH, OneOf
from dispatcher.cli.printing import print_table
from dispatcher.cli.remedies import worded, worded_remedy
from dispatcher.cli.saying import complain, print_facts, print_json, say, shown_seconds, shown_time
from dispatcher.client.farm import Farm
from dispatcher.jobs.request import PRIORITIES
from dispatcher.reports.batches import BatchSummary
from dispatcher.reports.summary import JobSummary
from storage.errors import InputError, VoicefarmError
from storage.records.states import JobState


@click.command("jobs")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many, the newest first.")
@click.option("--before", type=JOB_NUMBER, metavar="JOB", help="Only those older than this one, to go on from a page.")
@click.option("--state", type=OneOf([s.value for s in JobState]), help="Only those in this state.")
@click.option("--batch", type=BATCH, metavar="NAME", help="Only those of this batch.")
@as_json
def jobs_command(*, limit: int, before: int | None, state: str | None, batch: str | None, as_json: bool) -> None:
    """List jobs, newest first, with their progress and what they wait for."""
    summaries = Farm.open().jobs(limit, JobState(state) if state else None, batch=batch, before=before)
    if as_json:
        print_json([s.to_json() for s in summaries])
        return
    rows = [
        (s.id, s.path, s.voice, s.state, f"{100 * s.done:.0f} %", shown_seconds(s.seconds), s.left, s.note)
        for s in summaries
    ]
    print_table(
        ("job", "recording", "voice", "state", "done", "length", "left", ""),
        rows,
        numbers=("done", "length", "left"),
        dispensable=("length", "voice", "left"),
        below="",
    )
    if len(summaries) == limit:
        say(f"`voicefarm jobs --before {summaries[-1].id}` goes on", err=True)


@click.command("batches")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many, the newest first.")
@as_json
def batches_command(*, limit: int, as_json: bool) -> None:
    """List batches, newest first, with how many of their jobs stand where."""
    summaries = Farm.open().batches(limit)
    if as_json:
        print_json([s.to_json() for s in summaries])
        return
    now = time.time()
    rows = [
        (s.name, s.jobs, _states(s), f"{100 * s.done:.0f} %", shown_seconds(s.seconds), s.left(now)) for s in summaries
    ]
    print_table(
        ("batch", "jobs", "", "done", "length", "left"),
        rows,
        numbers=("jobs", "done", "length", "left"),
        dispensable=("length",),
        below="",
    )


@click.command("show")
@click.argument("which", type=JOB_OR_BATCH)
@as_json
def show_command(which: int | str, *, as_json: bool) -> None:
    """Show all that is known of one job, or of a batch."""
    farm = Farm.open()
    if isinstance(which, int):
        summary = farm.job(which)
        told, facts = summary.to_json(), _facts(summary)
    else:
        batch = farm.batch(which).summary()
        told, facts = batch.to_json(), _batch_facts(batch)
    if as_json:
        print_json(told)
    else:
        print_facts(facts)


@click.command("cancel")
@click.argument("which", nargs=-1, required=True, type=JOB_OR_BATCH)
@as_json
def cancel_command(which: tuple[int | str, ...], *, as_json: bool) -> None:
    """Cancel jobs or whole batches; what is already done stays in the object store for a retry."""
    farm = Farm.open()

    def cancel(one: int | str) -> Became:
        if isinstance(one, str):
            return _batch_changed(one, "cancelled", *farm.batch(one).cancel())
        changed = farm.cancel(one)
        if not changed.is_told:
            # Workers learn of it with their next heartbeat.
            complain("the broker is away; workers will be told once it is back")
        return Became(f"job {one} is cancelled", {"job": one, "state": changed.state})

    _each(which, cancel, as_json=as_json)


@click.command("retry")
@click.argument("which", nargs=-1, required=True, type=JOB_OR_BATCH)
@as_json
def retry_command(which: tuple[int | str, ...], *, as_json: bool) -> None:
    """Let failed or cancelled jobs continue where they stopped; of a batch, all of them."""
    farm = Farm.open()

    def retry(one: int | str) -> Became:
        if isinstance(one, str):
            return _batch_changed(one, "begun again", *farm.batch(one).retry())
        changed = farm.retry(one)
        if not changed.is_told:
            complain(f"job {one} starts once the farm is up")
        return Became(f"job {one} is {changed.state} again", {"job": one, "state": changed.state})

    _each(which, retry, as_json=as_json)


@click.command("priority")
@click.argument("priority", type=OneOf(list(PRIORITIES)))
@click.argument("which", nargs=-1, required=True, type=JOB_OR_BATCH)
@as_json
def priority_command(priority: str, which: tuple[int | str, ...], *, as_json: bool) -> None:
    """Make jobs or whole batches more or less urgent, from their next piece on."""
    farm = Farm.open()

    def change(one: int | str) -> Became:
        if isinstance(one, str):
            count = farm.batch(one).prioritise(PRIORITIES[priority])
            return Became(f"batch '{one}': {count} jobs are {priority} now", {"batch": one, "jobs": count})
        if not farm.prioritise(one, PRIORITIES[priority]):
            raise InputError(f"job {one} has ended already, so its priority changes nothing")
        return Became(f"job {one} is {priority} now", {"job": one, "priority": priority})

    _each(which, change, as_json=as_json)


class Became(NamedTuple):
    """What became of a job or a batch: for people, for programs, and what of it could not be done."""

    sentence: str
    told: dict[str, object]
    error: VoicefarmError | None = None


def _batch_changed(batch: str, what: str, count: int, refused: Sequence[VoicefarmError]) -> Became:
    for error in refused:
        complain(worded(error))
    left = InputError(f"{len(refused)} jobs of batch '{batch}' stay as they are") if refused else None
    return Became(f"batch '{batch}': {count} jobs are {what}", {"batch": batch, "jobs": count}, left)


def _each(which: Iterable[int | str], act: Callable[[int | str], Became], *, as_json: bool) -> None:
    """Do it for every one; a refusal does not stop the others."""
    told: list[dict[str, object]] = []
    for one in which:
        try:
            became = act(one)
        except VoicefarmError as error:
            became = Became("", {"batch" if isinstance(one, str) else "job": one, "state": None}, error)
        if became.sentence and not as_json:
            say(became.sentence)
        if became.error is not None:
            complain(worded(became.error))
        told.append({**became.told, "error": became.error and became.error.to_json(worded_remedy)})
    if as_json:
        print_json(told)
    if any(entry["error"] for entry in told):
        sys.exit(1)


def _batch_facts(s: BatchSummary) -> list[tuple[str, object]]:
    return [
        ("batch", s.name),
        ("jobs", f"{s.jobs}: {_states(s)}"),
        ("length", shown_seconds(s.seconds)),
        ("done", f"{100 * s.done:.1f} %"),
        ("left", s.left(time.time())),
        ("made", shown_time(s.created_at)),
        ("started", shown_time(s.started_at)),
        ("ended", shown_time(s.ended_at)),
        ("not told", s.untold),
    ]


def _states(s: BatchSummary) -> str:
    return ", ".join(f"{count} {state}" for state, count in s.states.items())


def _channels(s: JobSummary) -> str:
    if s.source_channels == 1:
        return ""
    return f"{s.channels} of {s.source_channels}{', the others mixed back' if s.mix_back else ''}"


def _facts(s: JobSummary) -> list[tuple[str, object]]:
    return [
        ("job", s.id),
        ("recording", s.path),
        ("result as", s.wanted),
        ("title", s.title),
        ("artist", s.artist),
        ("voice", s.voice),
        ("settings", ", ".join(f"{name} {value}" for name, value in s.settings.items())),
        ("needs", ", ".join(s.needs)),
        ("state", s.state),
        ("note", s.note),
        ("length", shown_seconds(s.seconds)),
        ("channels", _channels(s)),
        ("effects before", s.effects_before),
        ("effects after", s.effects_after),
        ("done", f"{100 * s.done:.1f} % ({s.atoms_done} of {s.atoms} atoms)"),
        ("left", s.left),
        ("submitted", shown_time(s.submitted_at)),
        ("started", shown_time(s.started_at)),
        ("ended", shown_time(s.ended_at)),
        ("not told", s.untold),
        ("result", f"{s.format}, {s.rate_out} Hz, {s.result_frames} samples" if s.result_frames else ""),
    ]
