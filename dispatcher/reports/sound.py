"""What a picture shows of a recording: all of it from afar, and a few seconds from near."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np

from dispatcher.reports.spectrum import Power, Spectrum, View, decibels
from dispatcher.reports.work import Span
from storage.audio.blocks import Mono
from storage.audio.read import Source, open_source
from storage.objects.store import ObjectStore

#: Seconds looked at from near.
NEAR_SECONDS = 5.0
#: Columns of either view at the most, about as many as the picture has points, and how short they get.
FAR_COLUMNS, NEAR_COLUMNS = 900, 480
SHORTEST_COLUMN = 0.01
#: Seconds of a window: long ones part the partials of deep voices, short ones the sounds of speech.
FAR_WINDOW, NEAR_WINDOW = 0.09, 0.05

#: What fullness is measured by: seconds, and a power that counts as nothing.
_PIECE_SECONDS, _SILENCE = 0.05, 1e-6


@dataclass(frozen=True, slots=True)
class Recording:
    """An object that holds a recording, and what is known of it."""

    key: str
    name: str
    seconds: float
    allow_truncated: bool = False
    channel: int | None = None
    """The one that is looked at; else the mix of all."""
    track: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Decibels by band and column, from afar and from near, and which seconds the near view shows."""

    far: Power
    near: Power
    near_span: Span


def look_at_fullest(store: ObjectStore, recording: Recording) -> Seen:
    """Look at a recording, and from near at the seconds that hold the most sound."""
    fullest, most, at, done = np.zeros(1, np.float32), -np.inf, 0.0, 0.0
    with _opened(store, recording) as source:
        rate = source.facts.rate
        far = Spectrum(_far_view(recording), rate)
        for block in source.blocks(NEAR_SECONDS):
            far.push(block)
            if (new := fullness(block, rate)) > most and _is_whole(block, rate, done):
                fullest, most, at = block, new, done
            done += len(block) / rate
    seconds = len(fullest) / rate
    near = Spectrum(_near_view(Span(0.0, seconds)), rate)
    near.push(fullest)
    return Seen(decibels(far.finish()), decibels(near.finish()), Span(at, at + seconds))


def look_at(store: ObjectStore, recording: Recording, near_span: Span) -> Seen:
    """Look at a recording, and from near at these seconds."""
    with _opened(store, recording) as source:
        far = Spectrum(_far_view(recording), source.facts.rate)
        near = Spectrum(_near_view(near_span), source.facts.rate)
        for block in source.blocks(NEAR_SECONDS):
            far.push(block)
            near.push(block)
    return Seen(decibels(far.finish()), decibels(near.finish()), near_span)


@contextmanager
def _opened(store: ObjectStore, recording: Recording) -> Iterator[Source]:
    with (
        closing(store.open(recording.key)) as file,
        open_source(
            file,
            recording.name,
            allow_truncated=recording.allow_truncated,
            channel=recording.channel,
            track=recording.track,
        ) as source,
    ):
        yield source


def _far_view(recording: Recording) -> View:
    return View(Span(0.0, recording.seconds), _columns(recording.seconds, FAR_COLUMNS), FAR_WINDOW)


def _near_view(span: Span) -> View:
    return View(span, _columns(span.seconds, NEAR_COLUMNS), NEAR_WINDOW)


def _columns(seconds: float, most: int) -> int:
    return min(max(int(seconds / SHORTEST_COLUMN), 1), most)


def fullness(block: Mono, rate: int) -> float:
    """How much sound there is throughout: mean decibels of short pieces, so that a pause counts against loudness."""
    count = max(int(len(block) / rate / _PIECE_SECONDS), 1)
    power = [np.mean(np.square(piece)) for piece in np.array_split(block, count)]
    return float(np.mean(10.0 * np.log10(np.maximum(power, _SILENCE))))


def _is_whole(block: Mono, rate: int, done: float) -> bool:
    """A few last samples are no view, unless they are all there is."""
    return done == 0.0 or len(block) / rate > NEAR_SECONDS / 2
