"""quality: how good a result sounds, measured against its source and the wanted voice."""

import sys
from pathlib import Path

import click
import msgspec

from dispatcher.cli.asking import as_json
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import print_json, say
from dispatcher.jobs.whole_file import refuse_existing
from dispatcher.quality.judging import Wanted, judged
from dispatcher.quality.verdict import Measure, Verdict
from dispatcher.reports.picture import refuse_what_is_no_picture, refuse_without_packages

_FILE = click.Path(path_type=Path)


@click.command("quality")
@click.argument("source", type=_FILE)
@click.argument("result", type=_FILE)
@click.option("--pitch", type=float, help="Semitones by which the result should be higher; else as many as it is.")
@click.option(
    "--target-speaker", "speaker", type=_FILE, multiple=True, help="A recording of the wanted voice; may be repeated."
)
@click.option("--picture", type=_FILE, help="Draw pitch, levels and faults into this PNG.")
@click.option("--overwrite", is_flag=True, help="Replace a picture that is there already.")
@as_json
def quality_command(
    source: Path,
    result: Path,
    *,
    pitch: float | None,
    speaker: tuple[Path, ...],
    picture: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Judge a RESULT against its SOURCE: pitch, speaker, naturalness, loudness, clicks, dropouts; status 1 if bad."""
    if picture is not None:
        refuse_what_is_no_picture(picture)
        refuse_existing(picture, overwrite=overwrite)
        refuse_without_packages()
    verdict = judged(source, result, Wanted(pitch, speaker), picture)
    if as_json:
        print_json(msgspec.to_builtins(verdict))
    else:
        _tell(verdict)
        if picture is not None:
            say(f"the picture is in {picture}")
    if not verdict.is_good:
        sys.exit(1)


def _tell(verdict: Verdict) -> None:
    columns = ("what", "result", "source", "should be", "")
    print_table(columns, map(_cells, verdict.measures), numbers=("result", "source"))
    say("")
    for fault in verdict.faults:
        say(f"{fault.kind}: {fault.sentence}")
    if verdict.is_good:
        say("nothing wrong was found")
    say("")
    for remark in verdict.remarks:
        say(remark)


def _cells(measure: Measure) -> tuple[str, ...]:
    met = "" if measure.is_met is None else "yes" if measure.is_met else "NO"
    return (
        measure.what, _shown(measure.result, measure.unit), _shown(measure.source, measure.unit), measure.target, met,
    )  # fmt: skip


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    number = f"{value:d}" if isinstance(value, int) else f"{value:.2f}"
    return f"{number} {unit}".rstrip()
