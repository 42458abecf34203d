"""Effects on one core: how many times faster than the sound lasts, and how far a piece alone is from the whole."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy import signal

from bench.figures import machine
from storage.audio.blocks import Frames
from workers.effects.chaining import applied, settled
from workers.effects.effect import Shape
from workers.effects.filters import Filter
from workers.effects.grammar import read_chain
from workers.effects.linear import Linear

SHAPE = Shape(48_000, 2)
SECONDS = 60
#: Frames handed in at a time, as a decoder does.
PIECE = 1 << 16
TURNS = 3
FIVE = "highpass 80 | eq 200 -2 | eq 3k +2 | highshelf 8k +2 | lowpass 15k"
WRITTEN = (
    "highpass 80", "lowpass 8k", "bandpass 300 3.4k", "bandstop 50", "eq 3k +2", "lowshelf 200 -3", "highshelf 6k +3",
    "tilt 3", "remove-dc", FIVE, "gain -3", "fade 0.5 2", "peak -1", "loudness -16", "reduce-noise 12", "gate -40",
    "deess 6", "compress -20", "limit -1", "limit -12", "delay 0.3", "reverb 1.2", "pitch 3", "stretch 1.2",
    "resample 16000", "mono",
)  # fmt: skip


def main() -> None:
    """Print a table, with this process bound to a single core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    print(f"{machine()}; 48 kHz stereo, {SECONDS} s, best of {TURNS}")
    print(f"{'effect':70} {'ours':>8} {'scipy':>8} {'ratio':>6} {'cut, dB':>8}")
    sound = _sound()
    for text in WRITTEN:
        ours = _times(partial(_ours, text, sound))
        theirs = _scipy(text, sound)
        ratio = f"{ours / theirs:.2f}" if theirs else ""
        print(f"{text:70} {ours:7.0f}x {f'{theirs:.0f}x' if theirs else '':>8} {ratio:>6} {_cut_error(text, sound):>8}")


def _sound() -> Frames:
    """Noise that comes and goes, at the level of speech."""
    rng = np.random.default_rng(0)
    loud = 0.03 + 0.15 * np.abs(np.sin(np.arange(SECONDS * SHAPE.rate) / 9000))
    noise = rng.standard_normal((SECONDS * SHAPE.rate, SHAPE.channels), np.float32)
    return noise * loud[:, None].astype(np.float32)


def _pieces(sound: Frames) -> Iterator[Frames]:
    for start in range(0, len(sound), PIECE):
        yield sound[start : start + PIECE]


def _ours(text: str, sound: Frames) -> None:
    ready = settled(read_chain(text), lambda: _pieces(sound), SHAPE)
    for _ in applied(ready, _pieces(sound), SHAPE):
        pass


def _scipy(text: str, sound: Frames) -> float | None:
    """The same sections by scipy's recursive filter, in single precision and in as large pieces."""
    effects = read_chain(text).effects
    if not all(isinstance(effect, Filter) for effect in effects):
        return None
    rows = [section for effect in effects if isinstance(effect, Filter) for section in effect.sections(SHAPE.rate)]
    sections = np.array([row / row[3] for row in rows]).astype(np.float32)

    def run() -> None:
        state = np.zeros((len(sections), 2, SHAPE.channels), np.float32)
        for piece in _pieces(sound):
            _, state = signal.sosfilt(sections, piece, axis=0, zi=state)

    return _times(run)


def _times(run: Callable[[], None]) -> float:
    run()
    took = []
    for _ in range(TURNS):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return SECONDS / min(took)


def _cut_error(text: str, sound: Frames) -> str:
    """By how much a second in the middle, alone with its context, differs from the whole, beside the loudest sample."""
    effects = read_chain(text).effects
    if not all(isinstance(effect, Linear) for effect in effects):
        return "stream"
    contexts = [effect.context(SHAPE.rate) for effect in effects if isinstance(effect, Linear)]
    before, after = sum(one for one, _ in contexts), sum(one for _, one in contexts)
    short = sound[: 12 * SHAPE.rate]
    whole = np.concatenate(list(applied(read_chain(text), _pieces(short), SHAPE)))
    start, stop = 6 * SHAPE.rate + 123, 7 * SHAPE.rate + 123
    first = max(start - before, 0)
    alone = np.concatenate(list(applied(read_chain(text), [short[first : stop + after]], SHAPE)))
    error = np.abs(alone[start - first : stop - first] - whole[start:stop]).max() / np.abs(whole).max()
    return f"{20 * np.log10(max(float(error), 1e-12)):.0f}"


if __name__ == "__main__":
    main()
