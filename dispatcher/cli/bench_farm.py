"""bench farm: every worker of a farm measured, one at a time, while the others go on with their work."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from dispatcher.benchmarks.folder import device_folder, write_folder
from dispatcher.benchmarks.measured_workers import MeasuredWorker
from dispatcher.benchmarks.report import shown_number
from dispatcher.benchmarks.together import PAGE, compare_together
from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import OneOf
from dispatcher.cli.interrupting import minding_ctrl_c, stop_if_interrupted
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.client.farm import Farm
from dispatcher.client.measuring import Measurements, Measuring
from dispatcher.reports.wording import shown_duration
from storage.prices import Prices
from storage.records.states import MeasurementState
from workers.measuring.measurement import SUITES, Measurement
from workers.wire.routes import CAPABILITIES

#: Where figures are kept unless another folder is named.
FOLDER = Path("benchmarks")
#: Moments between two looks at the records: a measurement takes minutes.
_MOMENTS = 10
_WORDS = {
    MeasurementState.WAITING: "waits for its turn",
    MeasurementState.ORDERED: "finishes the lease in hand",
    MeasurementState.RUNNING: "is being measured",
    MeasurementState.CANCELLED: "was not measured: nobody wanted to know any more",
}


@click.command("farm")
@click.option("--only", type=OneOf(CAPABILITIES), help="Only workers that offer this.")
@click.option("--worker", "workers", multiple=True, metavar="NAME", help="Only this worker; may be given again.")
@click.option("--suite", "suites", type=OneOf(SUITES), multiple=True, help="Only this; may be given again.")
@click.option("--short", is_flag=True, help="A first look in a few minutes each: fewer runs and lengths.")
@click.option("--last", is_flag=True, help="Measure nothing; take the last figures of each worker.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True,
    help="The folder of all devices.",
)  # fmt: skip
@as_json
def farm_command(*, out: Path, last: bool, as_json: bool, **wanted: Any) -> None:
    """Measure every worker of the farm, one at a time, and compare them.

    A worker finishes the lease in hand and takes no other until it is measured; all others go on with their work.
    """
    farm = Farm.open()
    measurements = farm.measurements()
    if last:
        ended = measurements.last()
        if not ended:
            complain("no worker was ever measured")
            sys.exit(1)
    else:
        asked = Measuring(wanted["workers"], wanted["only"], wanted["suites"], wanted["short"])
        ended = _measured(measurements, measurements.begin(farm.workers(), asked), quiet=as_json)
    kept = list(_kept(ended, out, Prices.of(farm.settings)))
    if as_json:
        print_json([_as_row(one, kept) for one in ended])
    elif kept:
        _tell(kept)
        say("")
        say(f"all of it is in {out / PAGE}")
    if kept:
        compare_together([out], out)
    if not all(one.found for one in ended):
        sys.exit(1)


def _measured(measurements: Measurements, numbers: Sequence[int], *, quiet: bool) -> list[MeasuredWorker]:
    """Wait until all are over; whoever waits no longer wants none of it."""
    said: dict[int, str] = {}
    ended: list[MeasuredWorker] = []
    try:
        with minding_ctrl_c():
            for ended in measurements.follow(numbers, _pause):
                for one in ended:
                    if said.get(one.number) != one.state:
                        said[one.number] = one.state
                        _tell_state(one, quiet=quiet)
    except KeyboardInterrupt:
        measurements.cancel(numbers)
        raise
    return ended


def _pause() -> None:
    for _ in range(_MOMENTS):
        stop_if_interrupted()


def _tell_state(one: MeasuredWorker, *, quiet: bool) -> None:
    if one.state == MeasurementState.FAILED:
        complain(f"{one.worker} was not measured: {one.reason}")
    elif one.state == MeasurementState.DONE and one.seconds is not None and not quiet:
        say(f"{one.worker} was measured in {shown_duration(one.seconds)}", err=True)
    elif not quiet:
        say(f"{one.worker} {_WORDS[MeasurementState(one.state)]}", err=True)


def _kept(ended: Sequence[MeasuredWorker], out: Path, prices: Prices) -> Iterator[tuple[Path, Measurement]]:
    """Every measurement in its folder, with what an hour costs at this machine's prices if the worker knew none."""
    from workers.measuring.measuring import with_costs

    for one in ended:
        if one.found is not None:
            found = with_costs(one.found, prices)
            place = device_folder(out, found)
            write_folder(place, found)
            yield place, found


def _tell(kept: Sequence[tuple[Path, Measurement]]) -> None:
    """The speeds of each worker, and whether they can be trusted."""
    rows = [
        (found.facts.worker, one.suite, one.name, f"{shown_number(one.median)} {one.unit}", f"{100 * one.spread:.1f} %")
        for _, found in kept
        for one in found.figures
        if one.unit == "x"
    ]
    if rows:
        print_table(("worker", "suite", "what", "median", "spread"), rows, numbers=("median", "spread"))
    for place, found in kept:
        say(f"{found.facts.worker or found.facts.device}: {len(found.figures)} figures in {place}")
        for sentence in found.conditions.noise:
            complain(f"{found.facts.worker} was noisy: {sentence}")


def _as_row(one: MeasuredWorker, kept: Sequence[tuple[Path, Measurement]]) -> dict[str, object]:
    place = next((str(place) for place, found in kept if found.facts.worker == one.worker), None)
    found = [] if one.found is None else one.found.figures
    return {
        "worker": one.worker,
        "state": one.state,
        "reason": one.reason,
        "seconds": one.seconds,
        "folder": place,
        "figures": [
            {"suite": f.suite, "name": f.name, "unit": f.unit, "median": f.median, "spread": f.spread} for f in found
        ],
    }
