"""Puts what a recording holds beside its sound into its result; the sound in that stays as it is, byte for byte."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from storage.audio.tag_names import is_extra
from storage.extras import bext, flac, m4a, mp3, ogg, wav
from storage.extras.extras import Extras, Marker, Step
from storage.extras.failing import told_in_words

#: Of the largest number of 64 bits.
_DIGITS = 20


def write_extras(
    path: Path, format_: str, tags: Mapping[str, str], extras: Extras, step: Step, seconds: Fraction
) -> None:
    """Put them into a result of ours; without any, the file is not touched. `tags` are what our encoders write by
    themselves: who made it, title and artist. In MP3 they cannot, so there they are always put in.
    """
    if format_ != "mp3" and not any(map(is_extra, extras.tags)) and extras == Extras(tags=extras.tags):
        return
    extras = replace(extras, markers=_within(extras.markers, seconds))
    fuller = path.with_name(f"{path.name}.fuller")
    with told_in_words(path.name, fuller):
        _write(path, fuller, format_, {**tags, **extras.tags, **tags}, extras, step, seconds)
    fuller.replace(path)


def _within(markers: Sequence[Marker], seconds: Fraction) -> tuple[Marker, ...]:
    """The markers that lie in the result, none of which ends behind it."""
    return tuple(
        replace(marker, until=None if marker.until is None else min(marker.until, seconds))
        for marker in markers
        if marker.at < seconds
    )


def _write(
    path: Path, fuller: Path, format_: str, tags: dict[str, str], extras: Extras, step: Step, seconds: Fraction
) -> None:
    if format_ == "wav":
        with fuller.open("wb") as target:
            wav.write(path, target, tags, extras, step)
        return
    tags = _of_other_formats(tags, extras, step)
    if format_ == "m4a":
        m4a.write(path, fuller, tags, extras, seconds)
        return
    with path.open("rb") as source, fuller.open("wb") as target:
        if format_ == "mp3":
            mp3.write(source, target, tags, extras, seconds)
        elif format_ == "flac":
            flac.write(source, target, tags, extras)
        else:
            ogg.write(source, target, tags, extras)


def _of_other_formats(tags: dict[str, str], extras: Extras, step: Step) -> dict[str, str]:
    """The tags with what only a WAV has chunks for; samples are counted at the result's rate."""
    if extras.bext:
        return {**bext.tags_of(extras.bext, step), **tags}
    moment = tags.get("time_reference", "")
    if moment.isascii() and moment.isdecimal() and len(moment) <= _DIGITS:
        return {**tags, "time_reference": str(step.moved(int(moment)))}
    return tags
