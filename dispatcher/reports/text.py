"""Reports in words and tables for people."""

import time
from collections.abc import Iterator, Sequence

from dispatcher.reports.job import JobReport
from dispatcher.reports.losses import Losses
from dispatcher.reports.period import EndedJobs, PeriodReport
from dispatcher.reports.quality import Quality
from dispatcher.reports.sections import Section, facts_section, table_section
from dispatcher.reports.wording import shown_count, shown_duration, shown_factor, shown_memory, shown_price, shown_share
from dispatcher.reports.work import Work

_WORK = ("done", "cached", "late", "failed", "audio", "busy", "realtime", "present", "used", "memory", "cost an hour")
#: What is left out of it first where there is no room.
_LESS = ("memory", "present", "late", "cached", "audio", "used", "busy")


def job_sections(report: JobReport) -> Iterator[Section]:
    """The report of one job."""
    yield _job_facts(report)
    yield _work_section("workers", "worker", report.workers)
    yield _work_section("capabilities", "capability", report.capabilities)
    yield table_section(
        "stages, all workers together",
        ("stage", "seconds", "of busy time"),
        [
            (f"  {s.name}" if s.part_of else s.name, f"{s.seconds:.2f}", shown_share(s.share))
            for s in (report.stages if report.workers else ())
        ],
    )
    if report.quality is not None:
        yield from _quality(report.quality)
    yield facts_section("lost", _lost(report.losses))


def period_sections(report: PeriodReport) -> Iterator[Section]:
    """The report of a period."""
    yield facts_section(
        f"from {_moment(report.since)} to {_moment(report.until)}",
        [
            ("finished", _ended(report.finished)),
            ("failed", _ended(report.failed)),
            ("cancelled", _ended(report.cancelled)),
            ("converted", f"{shown_duration(report.total.audio_seconds)} of audio in {report.total.done} atoms"),
            (
                "speed",
                shown_factor(report.total.realtime_factor) and f"{shown_factor(report.total.realtime_factor)} a worker",
            ),
            (
                "used",
                shown_share(report.total.utilisation)
                and f"{shown_share(report.total.utilisation)} of the workers' time",
            ),
            (
                "cost",
                shown_price(report.total.cost_per_hour)
                and f"{shown_price(report.total.cost_per_hour)} an hour of audio",
            ),
        ],
    )
    yield _work_section("workers", "worker", report.workers)
    yield _work_section("capabilities", "capability", report.capabilities)
    yield _work_section("voices", "voice", report.voices)


def _job_facts(report: JobReport) -> Section:
    job, conversion = report.job, report.conversion
    facts = [
        ("state", f"{job.state}: {job.reason}" if job.reason else job.state),
        ("voice", f"{job.voice} ({job.engine})"),
        ("length", f"{shown_duration(job.audio_seconds)} in {job.atoms} atoms"),
        ("submitted", _moment(job.submitted_at)),
        ("started", _moment(job.started_at)),
        ("ended", _moment(job.ended_at)),
        ("makespan", _with_factor(job.makespan, job.realtime_factor)),
        (
            "split",
            f"{shown_duration(job.split_seconds)}, the first atom after {shown_duration(job.first_atom_seconds)}",
        ),
        ("conversion", _conversion(report) if conversion else ""),
        ("stitch", shown_duration(job.stitch_seconds or None)),
        ("peak memory", shown_memory(report.peak_memory_mb) if report.peak_memory_mb else ""),
    ]
    return facts_section(f"job {job.id}: {job.name}", facts)


def _quality(quality: Quality) -> Iterator[Section]:
    """What was found when the result was judged."""
    yield facts_section("quality", [("found", quality.sentence), *(("remark", said) for said in quality.remarks)])
    yield table_section(
        "quality, figures",
        ("what", "result", "source", "should be", ""),
        [
            (
                m.what,
                _measured(m.result, m.unit),
                _measured(m.source, m.unit),
                m.target,
                "" if m.is_met is None else "yes" if m.is_met else "NO",
            )
            for m in quality.measures
        ],
    )


def _measured(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    number = f"{value:d}" if isinstance(value, int) else f"{value:.2f}"
    return f"{number} {unit}".rstrip()


def _conversion(report: JobReport) -> str:
    conversion = report.conversion
    if conversion is None:
        return ""
    took = shown_duration(conversion.seconds)
    if conversion.ideal_seconds is None or conversion.over_ideal is None:
        return took
    return f"{took}, {conversion.over_ideal:.2f} times the ideal of {shown_duration(conversion.ideal_seconds)}"


def _work_section(title: str, first: str, work: Sequence[Work]) -> Section:
    rows = [
        (
            w.name,
            str(w.done),
            shown_count(w.cached),
            shown_count(w.late),
            shown_count(w.failed),
            shown_duration(w.audio_seconds),
            shown_duration(w.busy_seconds),
            shown_factor(w.realtime_factor),
            shown_duration(w.present_seconds),
            shown_share(w.utilisation),
            shown_memory(w.peak_memory_mb) if w.peak_memory_mb else "",
            shown_price(w.cost_per_hour),
        )
        for w in work
    ]
    return table_section(title, (first, *_WORK), rows, _LESS)


def _lost(losses: Losses) -> Iterator[tuple[str, str]]:
    for failure in losses.failures:
        attempts = _number(failure.attempts, "attempt")
        yield "failed", f"{attempts} on {', '.join(failure.workers)}: {failure.error}"
    if losses.leases_lost or losses.leases_dropped:
        yield "leases", f"{losses.leases_lost} lost and {losses.leases_dropped} dropped of {losses.leases}"
    if losses.copies:
        yield "copies", f"{losses.copies} handed out, {losses.copies_won} finished first"
    if losses.busy_seconds:
        yield "in vain", f"{shown_duration(losses.busy_seconds)} of work"


def _ended(ended: EndedJobs) -> str:
    return f"{_number(ended.jobs, 'job')}, {shown_duration(ended.audio_seconds)} of audio" if ended.jobs else ""


def _with_factor(seconds: float | None, factor: float | None) -> str:
    return f"{shown_duration(seconds)}, {shown_factor(factor)} realtime" if factor else shown_duration(seconds)


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _moment(moment: float | None) -> str:
    return "" if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
