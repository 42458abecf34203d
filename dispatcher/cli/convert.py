"""convert: hand recordings in, watch, fetch the results; all in one command."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

import click

from dispatcher.cli.addresses import refuse_address
from dispatcher.cli.opening import Farm, as_json, farm_for_work, open_farm
from dispatcher.cli.progress import progress_display
from dispatcher.cli.requesting import build_request, request_options
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.cli.sizing import usable_workers
from dispatcher.cli.targets import Target, format_for, plan_targets, spare_recordings
from dispatcher.farm.crew import Crew, crew_for, this_machine
from dispatcher.jobs.ending import cancel_job
from dispatcher.jobs.fetching import fetch_result
from dispatcher.jobs.starting import start_split
from dispatcher.jobs.submitting import Conversion, check_request, submit
from dispatcher.jobs.watching import watch
from storage.errors import BrokerUnavailable, VoicefarmError
from storage.records.schema import JobRecord
from workers.engines.catalog import family

#: Seconds between two looks at the records.
LOOK = 0.1
#: Ctrl-C was pressed. Python drops its exception if it comes up while an object is cleared away, so it is kept in mind.
_interrupted = Event()


@dataclass(slots=True)
class Done:
    """What became of one recording."""

    source: str
    result: str | None = None
    job: int | None = None
    state: str = "refused"
    error: str | None = None
    remark: str | None = None
    """What its owner should know of it, though nothing failed."""


@click.command("convert")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File or folder for the results.")
@click.option("--overwrite", is_flag=True, help="Replace results that are there already.")
@request_options
@as_json
def convert_command(
    sources: tuple[Path, ...],
    out: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Convert recordings, files or whole folders, and wait for the results."""
    refuse_address(out)
    farm = open_farm()
    format_ = format_for(options["format_"], out)
    conversion = check_request(farm.database, farm.settings, build_request(options, format_))
    targets = plan_targets(sources, out, options["voice"], format_, overwrite=overwrite)
    targets = spare_recordings(farm.database, targets)
    done = convert_all(farm, targets, conversion, quiet=as_json)
    if as_json:
        print_json([asdict(d) for d in done])
    if any(d.state != "finished" for d in done):
        sys.exit(1)


def convert_all(farm: Farm, targets: list[Target], conversion: Conversion, *, quiet: bool) -> list[Done]:
    """Convert what can be converted; one bad recording never stops the others."""
    tell = _teller(quiet=quiet)
    done = [Done(str(t.source), error=t.error) for t in targets]
    for entry in done:
        if entry.error:
            tell(entry)
    good = [t.source for t in targets if t.error is None]
    if not good:
        return done
    with farm_for_work(farm, lambda: _crew(farm, conversion, good)) as embedded, _cancelling(farm, done):
        for target, entry in zip(targets, done, strict=True):
            if not entry.error:
                _submit(farm, target, conversion, entry, tell)
        jobs = {entry.job: (entry, target) for entry, target in zip(done, targets, strict=True) if entry.job}
        if jobs:
            _watch_and_fetch(farm, jobs, embedded, tell, quiet=quiet)
    return done


def _crew(farm: Farm, conversion: Conversion, recordings: list[Path]) -> Crew:
    """Who shall do the work where it is done here."""
    engines, most = [family(conversion.engine)], usable_workers(recordings)
    asked, require = farm.settings.workers, conversion.request.require
    return crew_for(this_machine(), engines, asked=asked, most=most, require=require)


@contextmanager
def _cancelling(farm: Farm, done: list[Done]) -> Iterator[None]:
    """Cancel on Ctrl-C what only this command waits for; a farm of its own goes on without us."""
    _interrupted.clear()
    before = signal.getsignal(signal.SIGINT)
    # Whoever runs it deaf to Ctrl-C, as nohup and scripts do in the background, means it.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        for entry in done:
            if farm.settings.is_embedded and entry.state == "submitted" and entry.job:
                with suppress(VoicefarmError):
                    cancel_job(farm.database, entry.job)
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(*_: object) -> None:
    _interrupted.set()
    raise KeyboardInterrupt


def _submit(farm: Farm, target: Target, conversion: Conversion, entry: Done, tell: Callable[[Done], None]) -> None:
    try:
        entry.job = submit(farm.database, farm.store, target.source, conversion)
        entry.state = "submitted"
    except VoicefarmError as error:
        entry.error = str(error)
        tell(entry)
        return
    # Where the broker has just gone, a dispatcher finds the job without being told.
    with suppress(BrokerUnavailable):
        start_split(entry.job)


def _watch_and_fetch(
    farm: Farm,
    jobs: dict[int, tuple[Done, Target]],
    embedded: Any,
    tell: Callable[[Done], None],
    *,
    quiet: bool,
) -> None:
    ended: set[int] = set()
    waiting: set[int] = set()

    def pause() -> None:
        if _interrupted.is_set():
            raise KeyboardInterrupt
        if embedded is not None:
            embedded.keep()
        time.sleep(LOOK)

    with progress_display(quiet=quiet) as display:

        def show(progress: Any) -> None:
            display(progress)
            for job in progress.jobs:
                if job.waiting_for and job.id not in waiting:
                    waiting.add(job.id)
                    complain(f"{jobs[job.id][0].source}: waiting: {job.waiting_for}")
                if job.ended_at is not None and job.id not in ended:
                    ended.add(job.id)
                    entry, target = jobs[job.id]
                    _fetch(farm, job, entry, target)
                    tell(entry)

        watch(farm.database, list(jobs), show, pause)


def _fetch(farm: Farm, job: JobRecord, entry: Done, target: Target) -> None:
    entry.state, entry.error, entry.remark = job.state, job.reason or None, job.remark or None
    if job.state == "finished":
        try:
            fetch_result(farm.store, job, target.result, farm.database)
            entry.result = str(target.result)
        except VoicefarmError as error:
            entry.state, entry.error = "unfetched", str(error)


def _teller(*, quiet: bool) -> Callable[[Done], None]:
    def tell(entry: Done) -> None:
        if entry.state == "finished":
            if not quiet:
                say(f"{entry.source} -> {entry.result}")
            if entry.remark:
                complain(f"{entry.source}: {entry.remark}")
        else:
            complain(f"{entry.source}: {entry.error}")

    return tell
