"""A measurement as a page for people, in Markdown."""

import time
from collections.abc import Iterable, Iterator

from workers.measuring.figure import Figure
from workers.measuring.measurement import Conditions, DeviceFacts, Measurement

#: Kernels that are shown; the document has more.
_KERNELS = 15
#: Above this share, the spread is worth a mark.
_WIDE = 0.05


def report_of(measured: Measurement) -> str:
    """The whole page."""
    facts = measured.facts
    sections = [
        [f"# {facts.device}"],
        _facts(facts),
        _conditions(measured.conditions, is_short=measured.is_short),
        _suites(measured.figures),
        _stages(measured),
        _kernels(measured),
        [f"- {remark[0].upper()}{remark[1:]}." for remark in measured.remarks],
    ]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def shown_number(value: float) -> str:
    """A figure with as many digits as it deserves."""
    if abs(value) >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10.0 else f"{value:.1f}"


def _facts(facts: DeviceFacts) -> Iterator[str]:
    yield f"Measured as `{facts.machine_class}` on {facts.host}: {facts.processor}, {facts.cores} cores,"
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    yield f"{facts.memory_mb / 1024:.0f} GB, {facts.system}; {versions}{f' ({facts.commit})' if facts.commit else ''}."
    if facts.offers:
        yield f"It offers {', '.join(facts.offers)}."
    yield from (f"{remark[0].upper()}{remark[1:]}." for remark in facts.remarks)


def _conditions(conditions: Conditions, *, is_short: bool) -> Iterator[str]:
    moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime(conditions.began_at))
    form = "the short form" if is_short else "the full form"
    yield f"{moment} UTC, {form}, in {conditions.seconds:.0f} s."
    told = {
        "processor": (conditions.clock_mhz, "MHz"),
        "": (conditions.temperature_c, "°C"),
        "device": (conditions.device_clock_mhz, "MHz"),
        "at": (conditions.device_temperature_c, "°C"),
        "drawing": (conditions.device_power_w, "W"),
    }
    known = [f"{name} {value:.0f} {unit}".strip() for name, (value, unit) in told.items() if value is not None]
    if known:
        line = ", ".join(known)
        yield f"{line[0].upper()}{line[1:]}."
    if conditions.throttled:
        yield f"The device was held back by {conditions.throttled}."
    if conditions.others:
        yield f"Also on the device: {', '.join(conditions.others)}."
    if conditions.noise:
        yield f"**Noisy**: {'; '.join(conditions.noise)}. Figures may be off by more than a few per cent."
    else:
        yield "Quiet."


def _suites(figures: Iterable[Figure]) -> Iterator[str]:
    by_suite: dict[str, list[Figure]] = {}
    for one in figures:
        by_suite.setdefault(one.suite, []).append(one)
    for suite, some in by_suite.items():
        yield from _suite(suite, some)


def _suite(suite: str, figures: Iterable[Figure]) -> Iterator[str]:
    yield from ("", f"## {suite.capitalize()}", "", "| what | median | spread | runs | |", "|---|---:|---:|---:|---|")
    for one in figures:
        spread = f"{100 * one.spread:.1f} %{' (!)' if one.spread > _WIDE else ''}" if len(one.values) > 1 else ""
        yield f"| {one.name} | {shown_number(one.median)} {one.unit} | {spread} | {len(one.values)} | {one.remark} |"


def _stages(measured: Measurement) -> Iterator[str]:
    if not measured.stages:
        return
    yield from ("## Stages", "", "| stage | ms for a second of audio | share | GFLOP/s |", "|---|---:|---:|---:|")
    for stage in measured.stages:
        speed = f"{stage.gigaflops / stage.seconds:.0f}" if stage.gigaflops else ""
        yield f"| {stage.name} | {1000 * stage.seconds:.1f} | {100 * stage.share:.1f} % | {speed} |"
    if (peaks := measured.peaks) is not None:
        most = f"{shown_number(peaks.gigaflops)} GFLOP/s, a plain copy {shown_number(peaks.gigabytes)} GB/s"
        yield from ("", f"A plain product of large matrices of {8 * peaks.value_bytes}-bit numbers does {most}.")


def _kernels(measured: Measurement) -> Iterator[str]:
    if not measured.kernels:
        return
    yield from ("## Kernels", "", "| kernel | ms | calls | share |", "|---|---:|---:|---:|")
    for kernel in measured.kernels[:_KERNELS]:
        name = kernel.name.replace("|", "\\|")
        yield f"| `{name}` | {1000 * kernel.seconds:.1f} | {kernel.calls} | {100 * kernel.share:.1f} % |"
