"""report: where the time of a job or a period went."""

import time
from pathlib import Path

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import JOB_OR_BATCH
from dispatcher.cli.printing import print_sections
from dispatcher.cli.saying import print_json, say
from dispatcher.client.farm import Farm
from dispatcher.reports.period import PeriodReport, moment_of
from dispatcher.reports.text import job_sections, period_sections


@click.command("report")
@click.argument("which", type=JOB_OR_BATCH, required=False)
@click.option("--since", help="A period instead of a job: since 7d, 12h, 30m ago, or since a date.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw the job's sound and its timeline into this PNG.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write the job's timeline into this JSON, for Perfetto.")
@click.option("--overwrite", is_flag=True, help="Replace a picture or a timeline that is there already.")
@as_json
def report_command(
    which: int | str | None,
    *,
    since: str | None,
    picture: Path | None,
    trace: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Show where the time of a job or a batch went, or what the farm did --since some moment."""
    if (which is None) == (since is None):
        raise click.UsageError("name a job or a batch, or a period with --since; `voicefarm jobs` lists jobs")
    farm = Farm.open()
    if isinstance(which, int):
        _report_job(farm, which, picture, trace, overwrite=overwrite, as_json=as_json)
    elif picture is not None or trace is not None:
        raise click.UsageError("--picture and --trace are for a job; name one")
    elif which is not None:
        _tell_period(farm.batch(which).report(time.time()), as_json=as_json)
    else:
        _tell_period(farm.report_since(moment_of(since or "", time.time())), as_json=as_json)


def _report_job(
    farm: Farm, job_id: int, picture: Path | None, trace: Path | None, *, overwrite: bool, as_json: bool
) -> None:
    report = farm.report(job_id)
    if picture is not None:
        farm.draw(job_id, picture, overwrite=overwrite)
    if trace is not None:
        farm.trace(job_id, trace, overwrite=overwrite)
    if as_json:
        print_json(report.to_json())
        return
    print_sections(job_sections(report))
    if picture is not None or trace is not None:
        say("")
    if picture is not None:
        say(f"the picture is in {picture}")
    if trace is not None:
        say(f"the timeline is in {trace}; open it at ui.perfetto.dev")


def _tell_period(report: PeriodReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_json())
    else:
        print_sections(period_sections(report))
