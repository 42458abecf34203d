"""top: the farm as it is right now, drawn again and again until Ctrl-C."""

import shutil
import sys
import time
from collections.abc import Iterator

import click

from dispatcher.cli.printing import print_sections
from dispatcher.cli.signals import stop_on_signals
from dispatcher.client.farm import Farm
from dispatcher.reports.batches import BatchSummary
from dispatcher.reports.farm import WorkerThere
from dispatcher.reports.sections import Section
from dispatcher.reports.summary import JobSummary
from dispatcher.reports.wording import shown_factor
from storage.records.states import JobState

#: Another screen and back, and to its beginning with nothing behind.
_OTHER_SCREEN, _BACK, _AFRESH = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H\x1b[J"
#: Batches and workers that are shown, and lines for headings and the space between.
_BATCHES, _WORKERS, _BETWEEN = 5, 12, 9
#: What is worked on comes before what waits for its turn.
_ORDER = (JobState.STITCHING, JobState.CONVERTING, JobState.SPLITTING, JobState.SUBMITTED)


@click.command("top")
@click.option("--every", type=click.FloatRange(0.5), default=2.0, show_default=True, help="Seconds between two looks.")
def top_command(*, every: float) -> None:
    """Watch the farm live: throughput, batches, jobs and workers, until Ctrl-C."""
    farm = Farm.open()
    if not sys.stdout.isatty():
        print_sections(_sections(farm, _WORKERS * 2))
        return
    stop = stop_on_signals()
    sys.stdout.write(_OTHER_SCREEN)
    try:
        while True:
            sections = list(_sections(farm, shutil.get_terminal_size().lines))
            sys.stdout.write(_AFRESH)
            print_sections(sections)
            sys.stdout.flush()
            if stop.wait(every):
                return
    finally:
        sys.stdout.write(_BACK)
        sys.stdout.flush()


def _sections(farm: Farm, lines: int) -> Iterator[Section]:
    """What is shown, on about so many lines."""
    now = time.time()
    pulse = farm.pulse(now)
    yield Section(f"{time.strftime('%H:%M:%S', time.localtime(now))}  {pulse.line}", ("",), [("",)])
    batches = [_batch(one, now) for one in farm.batches(_BATCHES) if one.open]
    if batches:
        yield Section(
            "", ("batch", "open", "jobs", "done", "left"), batches, frozenset({"open", "jobs", "done", "left"})
        )
    workers = sorted(farm.workers(), key=lambda worker: worker.name)[:_WORKERS]
    room = max(lines - len(batches) - len(workers) - _BETWEEN, 1)
    if jobs := [_job(one) for one in _open_jobs(farm, room)]:
        numbers = frozenset({"job", "done", "left"})
        yield Section("", ("job", "recording", "voice", "state", "done", "left"), jobs, numbers, ("voice", "left"))
    if workers:
        yield Section("", ("worker", "device", "state", "speed", "holds"), [_worker(w) for w in workers],
                      frozenset({"speed"}), ("device", "holds"))  # fmt: skip


def _open_jobs(farm: Farm, room: int) -> list[JobSummary]:
    found: list[JobSummary] = []
    for state in _ORDER:
        if len(found) < room:
            found += farm.jobs(room - len(found), state)
    return found


def _batch(batch: BatchSummary, now: float) -> tuple[str, ...]:
    return batch.name, str(batch.open), str(batch.jobs), f"{100 * batch.done:.0f} %", batch.left(now)


def _job(job: JobSummary) -> tuple[str, ...]:
    return str(job.id), job.path, job.voice, job.state, f"{100 * job.done:.0f} %", job.left


def _worker(worker: WorkerThere) -> tuple[str, ...]:
    speeds = [engine.realtime_factor for engine in worker.engines if engine.realtime_factor]
    held = ", ".join(f"job {one.job}" for one in worker.holding[:3])
    return (
        worker.name, f"{worker.capability}: {worker.device}", worker.state,
        shown_factor(max(speeds)) if speeds else "", held,
    )  # fmt: skip
