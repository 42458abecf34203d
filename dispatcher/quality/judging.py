"""Judges a result: hears it and its source side by side, compares them, and says what is wrong."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dispatcher.quality.clicks import Click
from dispatcher.quality.envelope import distance, gaps, moves, silence
from dispatcher.quality.hearing import Heard, Nets, Recording, hear, hear_voice
from dispatcher.quality.mel import Floats
from dispatcher.quality.naturalness import Listener, nets_folder
from dispatcher.quality.pitch import PitchLikeness, finder_name, pitch_likeness
from dispatcher.quality.speaker import SpeakerNet, likeness, middle, weights_file
from dispatcher.quality.stretches import Stretches
from dispatcher.quality.verdict import Fault, Kind, Measure, Verdict, faults_at
from storage.audio.grid import resampled_length

#: What a good result reaches: hertz of error in pitch at the most, and likeness to the wanted speaker at the least.
PITCH_HZ, LIKE_TARGET = 10.0, 0.85
#: The share of what is voiced that may be an octave off: finders of pitch have as much by themselves.
MOST_JUMPS = 0.05
#: Semitones by which a whole result may be off before its pitch counts as wrong.
_OFF_PITCH = 0.5
#: Opinion, from 1 to 5, that a result may lose.
_LOST_OPINION = 0.5
#: Decibels below which a whole recording is silent.
_SILENT_DB = -80.0
#: What true peaks should stay below, in decibels: beyond, a player's own filters clip.
_HIGHEST_PEAK = 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a result should be."""

    pitch_semitones: float | None = None
    """By how much it should be higher than the source; None if nobody said."""
    speaker: Sequence[Path] = ()
    """Recordings of the voice that it should sound like."""
    keeps_melody: bool = True
    """Whether it should follow the source's pitch at all: some voices have one of their own."""


def judged(source: Path, result: Path, wanted: Wanted, picture: Path | None = None) -> Verdict:
    """Judge a result, and draw what was heard if a picture is wanted."""
    nets = _nets()
    with ThreadPoolExecutor(2, "hearing") as ears:
        one, other = ears.map(lambda path: hear(Recording.at(path), nets), (source, result))
        voices = ears.map(lambda path: hear_voice(path, nets.speaker), wanted.speaker)
        target = middle([voice for voice in voices if voice is not None])
    verdict, moved = judge((source.name, one), (result.name, other), target, wanted, nets)
    if picture is not None:
        from dispatcher.quality.picture import draw_verdict

        draw_verdict(verdict, one, other, moved, picture)
    return verdict


def judged_in_stretches(source: Recording, result: Recording, wanted: Wanted, stretches: Stretches) -> Verdict:
    """Judge a result by the same stretches of both, which is quick however long they are."""
    nets = _nets()
    with ThreadPoolExecutor(2, "hearing") as ears:
        one, other = ears.map(lambda recording: hear(recording, nets, stretches), (source, result))
    return judge((source.name, one), (result.name, other), None, wanted, nets, stretches.place)[0]


def judge(
    source: tuple[str, Heard],
    result: tuple[str, Heard],
    target: Floats | None,
    wanted: Wanted,
    nets: Nets,
    place: Callable[[float], float] = lambda seconds: seconds,
) -> tuple[Verdict, float]:
    """Compare what was heard of both, each with its name; the verdict, and the semitones that are expected.

    `place` tells where in the recording something is that was heard at some second.
    """
    one, other = source[1], result[1]
    lost = moves(one.bands, other.bands)
    # Where the two have moved apart, what is beside each other is not the same.
    is_comparable = wanted.keeps_melody and not lost
    pitch = pitch_likeness(one.pitch, other.pitch, wanted.pitch_semitones) if is_comparable else None
    missing = [] if lost else gaps(one.bands, other.bands)
    clicks = _new(one, other)
    measures = (*_lengths(one, other), *_pitch(pitch), *_voices(one, other, target), *_sounds(one, other, clicks))
    faults = [
        *_wrong(one, other, pitch, target, is_pitch_known=wanted.pitch_semitones is not None),
        *faults_at(clicks, missing, lost, place),
    ]
    remarks = tuple(_remarks(nets, wanted, pitch))
    verdict = Verdict(source[0], result[0], other.seconds, measures, tuple(faults), remarks)
    return verdict, pitch.expected_semitones if pitch else 0.0


def _nets() -> Nets:
    weights, folder = weights_file(), nets_folder()
    return Nets(SpeakerNet.of(weights) if weights else None, Listener(folder) if folder else None)


def _too_many(one: Heard, other: Heard) -> int:
    """How many samples the result has more than the source's length makes at its rate."""
    return other.samples - resampled_length(one.samples, one.rate, other.rate)


def _lengths(one: Heard, other: Heard) -> Iterator[Measure]:
    is_right = abs(_too_many(one, other)) <= 1
    yield Measure("length", other.seconds, "s", one.seconds, "the source's", is_right)


def _pitch(found: PitchLikeness | None) -> Iterator[Measure]:
    if found is None:
        return
    yield Measure("pitch, moved by", found.moved_semitones, "semitones", 0.0, f"{found.expected_semitones:+.2f}")
    yield Measure("pitch, error", found.rmse_hz, "Hz", None, f"below {PITCH_HZ:g} Hz", found.is_within(PITCH_HZ))
    yield Measure("pitch, error in cents", found.rmse_cents, "cents")
    yield Measure(
        "pitch, jumps", 100.0 * found.jumps, "%", None, f"below {100 * MOST_JUMPS:g} %", found.jumps < MOST_JUMPS
    )
    yield Measure("pitch, other notes", 100.0 * found.other_notes, "%")
    yield Measure("pitch, voiced in one alone", 100.0 * found.voicing_errors, "%")


def _voices(one: Heard, other: Heard, target: Floats | None) -> Iterator[Measure]:
    like = likeness(other.direction, target)
    if like is not None:
        yield Measure(
            "speaker, like the target", like, "", likeness(one.direction, target), f"above {LIKE_TARGET:g}",
            like > LIKE_TARGET,
        )  # fmt: skip
    if (like := likeness(other.direction, one.direction)) is not None:
        yield Measure("speaker, like the source", like, "", 1.0)
    if one.opinion and other.opinion:
        for name, was, now in (
            ("overall", one.opinion.overall, other.opinion.overall),
            ("signal", one.opinion.signal, other.opinion.signal),
            ("background", one.opinion.background, other.opinion.background),
            ("as over the telephone", one.opinion.p808, other.opinion.p808),
        ):
            yield Measure(f"naturalness, {name}", now, "of 5", was)


def _sounds(one: Heard, other: Heard, new_clicks: Sequence[Click]) -> Iterator[Measure]:
    yield Measure("loudness", other.loudness.lufs, "LUFS", one.loudness.lufs)
    peak = other.loudness.true_peak_db
    yield Measure("true peak", peak, "dBTP", one.loudness.true_peak_db, "at most 0 dBTP", peak <= _HIGHEST_PEAK)
    clipped = other.loudness.clipped
    yield Measure("clipped places", clipped, "", one.loudness.clipped, "no more", clipped <= one.loudness.clipped)
    yield Measure("clicks", len(new_clicks), "", len(one.clicks), "none that is new", not new_clicks)
    yield Measure("silence", 100.0 * silence(other.bands), "%", 100.0 * silence(one.bands))
    yield Measure("spectrum, from the source's", distance(one.bands, other.bands), "dB")


#: Seconds within which a click of the source explains one of the result.
_SAME = 0.02


def _new(one: Heard, other: Heard) -> list[Click]:
    """The clicks that the source does not have."""
    had = np.array([click.seconds for click in one.clicks])
    return [click for click in other.clicks if not len(had) or np.abs(had - click.seconds).min() > _SAME]


def _wrong(
    one: Heard, other: Heard, pitch: PitchLikeness | None, target: Floats | None, *, is_pitch_known: bool
) -> Iterator[Fault]:
    off = _too_many(one, other)
    if abs(off) > 1:
        way = "longer" if off > 0 else "shorter"
        yield Fault(Kind.LENGTH, f"it is {abs(off) / other.rate:.3f} s {way} than the source")
    if other.loudness.true_peak_db < _SILENT_DB <= one.loudness.true_peak_db:
        yield Fault(Kind.SILENCE, "nothing is heard in it, although there is in the source")
    if pitch is not None and is_pitch_known and abs(pitch.moved_semitones - pitch.expected_semitones) > _OFF_PITCH:
        yield Fault(
            Kind.PITCH,
            f"it is {pitch.moved_semitones:+.2f} semitones from the source and should be"
            f" {pitch.expected_semitones:+.2f}; look at the job's pitch and the voice's own",
        )
    elif pitch is not None and (not pitch.is_within(PITCH_HZ) or pitch.jumps >= MOST_JUMPS):
        yield Fault(
            Kind.PITCH,
            f"its pitch is off by {_shown_hertz(pitch.rmse_hz)}, and by half a semitone or more in"
            f" {100 * pitch.other_notes:.1f} % of what is sung or spoken; try another way to find the pitch",
        )
    like = likeness(other.direction, target)
    if like is not None and like <= LIKE_TARGET:
        yield Fault(
            Kind.SPEAKER,
            f"the voice is like the wanted one by {like:.2f} alone; check the voice, its index, or the samples",
        )
    if one.opinion and other.opinion and one.opinion.overall - other.opinion.overall > _LOST_OPINION:
        was, now = one.opinion.overall, other.opinion.overall
        yield Fault(Kind.NATURALNESS, f"it sounds less natural than the source: {now:.2f} of 5 instead of {was:.2f}")
    if other.loudness.clipped > one.loudness.clipped:
        yield Fault(Kind.CLIPPING, f"it is cut off at full scale in {other.loudness.clipped} places")


def _shown_hertz(rmse: float | None) -> str:
    return "half an octave throughout" if rmse is None else f"{rmse:.1f} Hz (root of the mean square)"


def _remarks(nets: Nets, wanted: Wanted, pitch: PitchLikeness | None) -> Iterator[str]:
    if not wanted.keeps_melody:
        yield "the pitch was not compared: with these settings the voice does not follow the source's"
    elif pitch is None:
        yield "the pitch was not compared: too little is voiced in both, or one has moved against the other"
    else:
        yield f"the pitch was found by {finder_name()}"
        if wanted.pitch_semitones is None:
            yield "nobody said how far the pitch should be moved, so it was compared as far up or down as it is"
    if nets.speaker is None:
        yield "the speaker was not compared: the package resemblyzer, which has the weights, is not installed"
    elif not wanted.speaker:
        yield "no recording of the wanted speaker was given, so the voice was compared with the source's alone"
    if nets.listener is None:
        yield "naturalness was not judged: the packages speechmos and onnxruntime are not installed"
    else:
        yield "naturalness is DNSMOS, an alarm when something has become worse, and no listening test"
    yield "intelligibility was not judged: that needs a recogniser of speech"
