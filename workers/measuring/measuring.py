"""Measures a device of this machine: one suite after the other, and how things stood meanwhile."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from storage.errors import VoicefarmError
from storage.objects.store import ObjectStore
from storage.prices import NO_PRICES, Prices
from workers.engines.capability import Capability
from workers.engines.catalog import engine
from workers.engines.probe import Kernel, Peaks
from workers.measuring.conditions import ProcessorUse, busy_before, clock_mhz, device_facts, noise, temperature_c
from workers.measuring.conversion_suite import CONVERSION, ENERGY, FULL_LENGTHS, SHORT_LENGTHS, measure_conversion
from workers.measuring.figure import Better, Figure, figure
from workers.measuring.library_suite import measure_libraries, missing_libraries
from workers.measuring.measurement import LIBRARIES, MEASURED, STORAGE, Conditions, Measurement, Stage
from workers.measuring.runs import FULL, SHORT, Runs
from workers.measuring.store_suite import measure_store
from workers.measuring.subject import USUAL, Subject, stand_in
from workers.measuring.watching import device_state

COST = "cost"
_HOUR = 3600.0
#: Seconds of the recording during which the profiler looks.
_PROFILED = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how thoroughly."""

    capability: Capability
    is_short: bool = False
    prices: Prices = NO_PRICES
    """What the machine costs its owner."""
    suites: frozenset[str] = frozenset()
    """What is measured; all that can be where none is named."""

    worker: str = ""
    """The worker that is measured, by its name on the farm."""

    def has(self, suite: str) -> bool:
        """Whether something is to be measured."""
        return not self.suites or suite in self.suites


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    figures: list[Figure] = field(default_factory=list)
    stages: tuple[Stage, ...] = ()
    kernels: tuple[Kernel, ...] = ()
    peaks: Peaks | None = None
    remarks: list[str] = field(default_factory=list)
    """What went wrong."""


def measured(plan: Plan, store: ObjectStore, say: Say = lambda _: None) -> Measurement:
    """Measure all that can be measured here; `say` is told what comes next."""
    began_at, began = time.time(), time.monotonic()
    busy, used, before = busy_before(), ProcessorUse.now(), device_state(plan.capability.device.capability, os.environ)
    found = _Found()
    runs = SHORT if plan.is_short else FULL
    for name in _engines_here(plan):
        say(f"a voice of {engine(name).title} is made and loaded")
        with stand_in(name, plan.capability.device.capability) as subject:
            _convert(subject, plan, runs, found, say)
    after = device_state(plan.capability.device.capability, os.environ)
    if plan.has(LIBRARIES) and plan.capability.device.capability == "cpu":
        probe = engine("rvc").probe("cpu") if "rvc" in plan.capability.engines else None
        found.figures += measure_libraries(runs, probe, say)
    if plan.has(STORAGE):
        _fetch_and_store(store, runs, found, say)
    meanwhile = used.by_others(ProcessorUse.now())
    conditions = Conditions(
        began_at=began_at,
        seconds=time.monotonic() - began,
        busy_before=busy,
        busy_meanwhile=meanwhile,
        clock_mhz=clock_mhz(),
        temperature_c=temperature_c(),
        device_clock_mhz=after.clock_mhz,
        device_temperature_c=after.temperature_c,
        device_power_w=after.power_w,
        device_busy_before=before.busy,
        throttled=after.throttled,
        others=before.others,
        noise=noise(busy, meanwhile, before.busy, found.figures),
    )
    whole = Measurement(
        replace(device_facts(plan.capability), worker=plan.worker), conditions, plan.is_short, tuple(found.figures),
        found.stages, found.kernels, tuple(_remarks(plan, found)), found.peaks,
    )  # fmt: skip
    return with_costs(whole, plan.prices)


def _convert(subject: Subject, plan: Plan, runs: Runs, found: _Found, say: Say) -> None:
    """Measure one engine's voice."""
    tried = measure_conversion(subject, runs, SHORT_LENGTHS if plan.is_short else FULL_LENGTHS, say)
    found.figures += tried.figures
    if subject.engine.has_nets:
        found.stages, found.peaks, found.kernels = tried.stages, tried.peaks, _kernels(subject, say)


def _fetch_and_store(store: ObjectStore, runs: Runs, found: _Found, say: Say) -> None:
    """Measure the store; if it is away, minutes of other work are not thrown away for it."""
    try:
        found.figures += measure_store(store, runs, say)
    except VoicefarmError as error:
        found.remarks.append(f"the object store was not measured: {error}")


def with_costs(measurement: Measurement, prices: Prices) -> Measurement:
    """The same with what an hour of audio costs, unless that was worked out before."""
    if any(one.suite == COST for one in measurement.figures):
        return measurement
    priced = costs(measurement.figures, measurement.facts.machine_class, prices)
    return replace(measurement, figures=(*measurement.figures, *priced))


def costs(figures: Sequence[Figure], machine_class: str, prices: Prices) -> list[Figure]:
    """What an hour of audio costs by each speed that was measured, with the energy where the device tells it."""
    energy = {one.name: one.median for one in figures if one.suite == ENERGY}
    priced = []
    for one in figures:
        if one.unit != "x" or one.suite not in (CONVERSION, "world"):
            continue
        each = [prices.cost(machine_class, _HOUR / speed, energy.get(one.name)) for speed in one.values]
        known = [cost for cost in each if cost is not None]
        if known:
            priced.append(figure(COST, one.name, "an hour", known, Better.LESS, one.remark))
    return priced


def _engines_here(plan: Plan) -> Iterator[str]:
    """Those that do their work on the device; WORLD's is the processor's, so accelerators say nothing about it."""
    for name in MEASURED:
        is_here = name in plan.capability.engines
        if is_here and plan.has(name) and (engine(name).has_nets or plan.capability.device.capability == "cpu"):
            yield name


def _kernels(subject: Subject, say: Say) -> tuple[Kernel, ...]:
    probe = subject.probe()
    if probe is None:
        return ()
    say("the profiler")
    piece, settings = subject.piece(_PROFILED), subject.settings(USUAL)
    return probe.kernels(lambda: subject.voice.convert(piece, settings))


def _remarks(plan: Plan, found: _Found) -> Iterator[str]:
    """What was not measured and why."""
    if plan.suites:
        yield f"only {' and '.join(sorted(plan.suites))} were asked for"
        yield from found.remarks
        return
    if "rvc" in plan.capability.engines:
        yield "the nets had their full size and random weights, which take as long as trained ones"
    else:
        yield "no nets were measured, since this machine cannot convert with RVC"
    if not found.kernels:
        yield f"single kernels were not measured; there is no profiler for {plan.capability.device.label}"
    if not any(one.suite == "energy" for one in found.figures):
        yield "energy was not measured; the system does not tell it, or only to its owner"
    if plan.capability.device.capability == "cpu":
        yield from missing_libraries()
    yield from found.remarks
