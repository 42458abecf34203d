"""bench: what the devices of a farm bring, measured, side by side, and against what they brought before."""

import re
import sys
from dataclasses import asdict
from pathlib import Path

import click

from dispatcher.benchmarks.changes import Change, changes
from dispatcher.benchmarks.folder import device_folder, read_folder, write_folder
from dispatcher.benchmarks.report import shown_number
from dispatcher.benchmarks.together import PAGE, compare_together
from dispatcher.cli.asking import as_json
from dispatcher.cli.bench_farm import FOLDER, farm_command
from dispatcher.cli.completing import OneOf
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.cli.usage import Commands
from storage.prices import Prices
from storage.settings import Settings
from workers.measuring.measurement import SUITES, Measurement
from workers.wire.routes import CAPABILITIES

_FOLDER = click.Path(path_type=Path, file_okay=False)


class Percent(click.ParamType[float]):
    """A share such as 10%."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a number."""
        if isinstance(value, float):
            return value
        if not re.fullmatch(r"\d+(\.\d+)?%?", str(value)):
            self.fail(f"{value!r} is no percentage such as 10%", param, ctx)
        return float(str(value).rstrip("%")) / 100.0


@click.group("bench", cls=Commands)
def bench_command() -> None:
    """Measure what devices bring, put them side by side, and see what an upgrade changed."""


@bench_command.command("run")
@click.option("--only", type=OneOf(CAPABILITIES), help="Measure this, though the machine can do more.")
@click.option("--suite", "suites", type=OneOf(SUITES), multiple=True, help="Only this; may be given again.")
@click.option("--short", is_flag=True, help="A first look in a few minutes: fewer runs and lengths.")
@click.option("-o", "--out", type=_FOLDER, default=FOLDER, show_default=True, help="The folder of all devices.")
@as_json
def run_command(*, only: str | None, suites: tuple[str, ...], short: bool, out: Path, as_json: bool) -> None:
    """Measure this machine: conversion, its parts, kernels, libraries and the object store; then compare all devices.

    Best on a machine that does nothing else; whether it was quiet is written down.
    """
    from storage.objects.opening import open_store
    from workers.engines.capability import detect
    from workers.measuring.measuring import Plan, measured

    settings = Settings.load()
    plan = Plan(detect((), only), short, Prices.of(settings), frozenset(suites))
    found = measured(plan, open_store(settings), lambda what: say(what, err=True))
    place = device_folder(out, found)
    write_folder(place, found)
    compare_together([out], out)
    if as_json:
        print_json({"folder": str(place), "figures": _as_rows(found), "noise": list(found.conditions.noise)})
        return
    _tell(found)
    say("")
    say(f"all of it is in {place}, beside all other devices in {out / PAGE}")


bench_command.add_command(farm_command)


@bench_command.command("table")
@click.argument("folders", nargs=-1, type=_FOLDER)
@click.option("-o", "--out", type=_FOLDER, default=FOLDER, show_default=True, help="Where the comparison is written.")
def table_command(folders: tuple[Path, ...], out: Path) -> None:
    """Put devices side by side that were measured anywhere: FOLDERS of devices, or folders that hold such folders."""
    found = compare_together(folders or (out,), out)
    rows = [
        (one.name, one.host, f"{shown_number(one.realtime)}x" if one.realtime else "", "noisy" if one.is_noisy else "")
        for one in found.devices
    ]
    print_table(("device", "host", "converts", ""), rows, numbers=("converts",))
    say("")
    say(f"all figures are in {out / PAGE}")


@bench_command.command("compare")
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option("--fail-on", type=Percent(), help="Exit status 1 if a figure is surely worse by more, such as 10%.")
@as_json
def compare_command(old: Path, new: Path, *, fail_on: float | None, as_json: bool) -> None:
    """Tell what changed from OLD to NEW, two folders of one device, and what of it is more than noise."""
    before, after = read_folder(old), read_folder(new)
    found = changes(before, after)
    worse = [one for one in found if fail_on is not None and one.is_regression(fail_on)]
    if as_json:
        print_json([_as_change(one) for one in found])
    else:
        for what, one in (("old", before), ("new", after)):
            if one.conditions.noise:
                complain(f"the {what} figures are noisy: {'; '.join(one.conditions.noise)}")
        print_table(("suite", "what", "before", "after", "better by", "sure"), map(_cells, found), _NUMBERS)
    if worse:
        complain(f"worse by more than {100 * (fail_on or 0.0):g} %: {', '.join(one.name for one in worse)}")
        sys.exit(1)


_NUMBERS = ("before", "after", "better by")


def _cells(change: Change) -> tuple[str, ...]:
    interval = f"{100 * change.low:+.1f} to {100 * change.high:+.1f} %"
    return (
        change.suite,
        change.name,
        f"{shown_number(change.before)} {change.unit}",
        f"{shown_number(change.after)} {change.unit}",
        f"{100 * change.gain:+.1f} %",
        f"yes, {interval}" if change.is_sure else "no",
    )


def _as_change(change: Change) -> dict[str, object]:
    return {**asdict(change), "is_sure": change.is_sure}


def _as_rows(found: Measurement) -> list[dict[str, object]]:
    return [
        {"suite": one.suite, "name": one.name, "unit": one.unit, "median": one.median, "spread": one.spread}
        for one in found.figures
    ]


def _tell(found: Measurement) -> None:
    say(f"{found.facts.device}, {found.facts.machine_class} on {found.facts.host}")
    say("")
    rows = [
        (one.suite, one.name, f"{shown_number(one.median)} {one.unit}", f"{100 * one.spread:.1f} %", one.remark)
        for one in found.figures
    ]
    print_table(("suite", "what", "median", "spread", ""), rows, numbers=("median", "spread"))
    for sentence in found.conditions.noise:
        complain(f"noisy: {sentence}")
    for remark in found.remarks:
        say(remark)
