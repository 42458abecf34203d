"""How fast a voice converts: by preset and length, one atom at a time and as many as the device takes."""

import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workers.engines.probe import Peaks, Work, peak_memory_mb
from workers.engines.stages import LOAD
from workers.engines.voice import Converted, Piece
from workers.measuring.energy import counted, sampled
from workers.measuring.figure import Better, Figure, figure
from workers.measuring.measurement import Stage
from workers.measuring.runs import Runs, timed
from workers.measuring.subject import USUAL, Subject
from workers.measuring.watching import is_power_looked_at

#: Seconds of the recordings: what comes first of a recording, what the field measures with, and what films are made of.
SHORT_LENGTHS = (5.0, 30.0)
FULL_LENGTHS = (5.0, 13.5, 30.0, 60.0, 180.0, 300.0)
#: Names of suites: of voices with nets, and of what they draw.
CONVERSION, ENERGY = "conversion", "energy"
#: Seconds of a request to speak, whose features are known.
_REQUEST_SECONDS = 5.0
#: Seconds of an atom where as many are given as the device takes.
_ATOM_SECONDS = 25.0
_HOUR = 3600.0
_MILLION = 1e6
_NO_WORK = Work(0.0)
#: A recording is left out where one run takes so many times as long as all runs may.
_LONGEST = 3.0
_MILLISECONDS = 1000.0
#: In place of samples that nobody listens to.
_NOTHING = np.empty(0, np.float32)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was measured of one voice."""

    figures: tuple[Figure, ...]
    stages: tuple[Stage, ...]
    peaks: Peaks | None


def measure_conversion(subject: Subject, runs: Runs, lengths: Sequence[float], say: Callable[[str], None]) -> Tried:
    """All figures of a voice, and the stages of a conversion."""
    suite = CONVERSION if subject.engine.has_nets else subject.engine.name
    probe = subject.probe()
    if probe is not None:
        probe.forget_peak()
    figures: list[Figure] = []
    usual: list[Converted] = []
    for preset in subject.presets or (None,):
        # Other presets differ from the usual one in their settings alone, so one length tells by how much.
        speed = math.inf
        for place, seconds in enumerate(lengths if preset in (None, USUAL) else lengths[:1]):
            if seconds / speed > _LONGEST * runs.seconds:
                say(f"{suite}, {seconds:g} s, is left out: it would take {seconds / speed:.0f} s")
                break
            say(f"{suite}, {preset or subject.engine.title}, {seconds:g} s")
            done, found = _of_length(subject, suite, preset, seconds, runs if place == 0 else runs.when_warm())
            figures += found
            speed = found[0].median
            if preset == USUAL and place == 0:
                usual = done
    stages: tuple[Stage, ...] = ()
    if subject.engine.has_nets:
        stages = _stages([one.stages for one in usual], lengths[0], subject.engine.arithmetic(lengths[0]))
        figures += _alone([one.stages for one in usual], lengths[0])
        say("synthesis alone")
        figures += _synthesis(subject, runs)
        figures += _full(subject, runs, say)
    figures += _memory(suite, probe.peak_bytes() if probe else None)
    # Last, because what is multiplied and copied here must not count as the voice's memory.
    peaks = probe.peaks(str(subject.settings(USUAL)["precision"])) if probe and subject.engine.has_nets else None
    return Tried(tuple(figures), stages, peaks)


def _of_length(
    subject: Subject, suite: str, preset: str | None, seconds: float, runs: Runs
) -> tuple[list[Converted], list[Figure]]:
    """What came out of the runs that count, and their figures."""
    settings, piece = subject.settings(preset), subject.piece(seconds)
    spent: list[float | None] = []
    done: list[Converted] = []

    def convert() -> None:
        done.append(replace(subject.voice.convert(piece, settings), samples=_NOTHING))

    def counting() -> None:
        with counted(subject.capability, os.environ) as one:
            convert()
        spent.append(one.joules)

    apart = is_power_looked_at(subject.capability)
    took = timed(convert if apart else counting, runs)
    name = f"{preset or subject.engine.title}, {seconds:g} s"
    precision = str(settings.get("precision", ""))
    figures = [
        figure(suite, name, "x", [seconds / one for one in took], remark=precision),
        figure(suite, f"{name}, until it is there", "s", took, Better.LESS, precision),
    ]
    ours = done[-len(took) :]
    told = sampled(convert, subject.capability, os.environ) if apart else spent[-len(took) :]
    joules = [one for one in told if one is not None]
    if joules and len(joules) == len(told):
        per_hour = [one * _HOUR / seconds for one in joules]
        figures.append(figure(ENERGY, name, "J/h", per_hour, Better.LESS, precision))
    return ours, figures


def _alone(seen: Sequence[Mapping[str, float]], seconds: float) -> Iterator[Figure]:
    """What is found out of a recording, as stages of the whole."""
    for name in ("pitch", "content"):
        if all(one.get(name) for one in seen):
            yield figure(name, "alone", "x", [seconds / one[name] for one in seen])


def _synthesis(subject: Subject, runs: Runs) -> Iterator[Figure]:
    """Everything after pitch and content, where they are known."""
    settings, piece = subject.settings(USUAL), _known(subject)
    took = timed(lambda: subject.voice.convert(piece, settings), runs)
    milliseconds = [_MILLISECONDS * one / _REQUEST_SECONDS for one in took]
    yield figure("synthesis", "1 s of audio from features", "ms", milliseconds, Better.LESS)
    yield figure("synthesis", f"requests of {_REQUEST_SECONDS:g} s", "1/s", [1.0 / one for one in took])


def _known(subject: Subject) -> Piece:
    """A short recording whose features are known."""
    piece = subject.piece(_REQUEST_SECONDS)
    known = subject.voice.convert(replace(piece, known={}), subject.settings(USUAL)).known
    return replace(piece, known=known)


def _stages(seen: Sequence[Mapping[str, float]], seconds: float, arithmetic: Mapping[str, Work]) -> tuple[Stage, ...]:
    """The mean of several runs, for a second of audio."""
    total: Counter[str] = Counter()
    for one in seen:
        total.update({name: spent for name, spent in one.items() if name != LOAD})
    whole = sum(total.values()) or 1.0
    return tuple(
        Stage(
            name, spent / len(seen) / seconds, spent / whole,
            arithmetic.get(name, _NO_WORK).gigaflops, arithmetic.get(name, _NO_WORK).values / _MILLION,
        )
        for name, spent in total.most_common()
        if spent
    )  # fmt: skip


def _full(subject: Subject, runs: Runs, say: Callable[[str], None]) -> Iterator[Figure]:
    """As many atoms at once as the device had best be given, and how long the first of them takes."""
    together = subject.engine.seconds_together(subject.capability)
    if not together:
        return
    count = max(round(together / _ATOM_SECONDS), 1)
    say(f"{count} atoms at once")
    settings = subject.settings(USUAL)
    pieces = [subject.piece(_ATOM_SECONDS)] * count
    firsts: list[float] = []

    def convert() -> None:
        began = time.perf_counter()
        answers = subject.voice.convert_all(pieces, settings)
        next(answers)
        firsts.append(time.perf_counter() - began)
        for _ in answers:
            pass

    took = timed(convert, runs)
    name = f"{USUAL}, {count} atoms of {_ATOM_SECONDS:g} s"
    yield figure(CONVERSION, name, "x", [count * _ATOM_SECONDS / one for one in took])
    yield figure(CONVERSION, f"{name}, until the first is there", "s", firsts[-len(took) :], Better.LESS)
    yield from _requests(subject, settings, count, runs)


def _requests(subject: Subject, settings: Mapping[str, Any], count: int, runs: Runs) -> Iterator[Figure]:
    """Many short requests whose features are known."""
    many = [_known(subject)] * (count * round(_ATOM_SECONDS / _REQUEST_SECONDS))
    took = timed(lambda: list(subject.voice.convert_all(many, settings)), runs)
    name = f"requests of {_REQUEST_SECONDS:g} s, {len(many)} at once"
    yield figure("synthesis", name, "1/s", [len(many) / one for one in took])


def _memory(suite: str, on_device: int | None) -> Iterator[Figure]:
    yield figure("memory", f"{suite}, the process at its most", "MB", [peak_memory_mb()], Better.LESS)
    if on_device is not None:
        yield figure("memory", f"{suite}, the device at its most", "MB", [on_device / 2**20], Better.LESS)
