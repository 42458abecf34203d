"""How loud a recording is (EBU R 128), how high its true peak, and whether it was cut off at full scale."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import soxr

from storage.audio.blocks import Frames

#: The quietest level that is told, in decibels.
SILENT_DB = -120.0
#: What the meter says of silence and of less than 0.4 s, in LUFS.
_UNHEARD = -69.9
#: Between samples, the wave is looked at four times as often, as ITU-R BS.1770 asks.
_OVERSAMPLING = 4
#: Samples in a row at the highest value, from which they count as cut off, and how near to it they are.
_IN_A_ROW, _NEAR = 3, 0.9995


@dataclass(frozen=True, slots=True)
class Loudness:
    """The levels of a recording."""

    lufs: float | None
    """Integrated loudness; None of silence, and of less than 0.4 s."""
    true_peak_db: float
    clipped: int
    """Places at which three samples in a row or more are at full scale."""


class LoudnessMeter:
    """Hears a recording at its own rate, in pieces of any length."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels = rate, channels
        self._graph = _meter(rate, channels)
        self._told: Mapping[str, str] = {}
        self._taken = 0
        self._peak = 0.0
        self._between = soxr.ResampleStream(rate, _OVERSAMPLING * rate, channels, dtype="float32", quality="HQ")
        self._clips = _Clips(channels)

    def push(self, frames: Frames) -> None:
        """More of it."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(frames.reshape(1, -1), np.float32), "flt", self._layout)
        frame.sample_rate, frame.pts = self.rate, self._taken
        self._taken += len(frames)
        self._graph.push(frame)
        self._pull()
        self._look(self._between.resample_chunk(_shaped(frames, self.channels)))
        self._clips.push(frames)

    def finish(self) -> Loudness:
        """What was heard."""
        with suppress(EOFError):
            self._graph.push(None)
            self._pull()
        self._look(
            self._between.resample_chunk(_shaped(np.zeros((0, self.channels), np.float32), self.channels), last=True)
        )
        lufs = float(self._told.get("lavfi.r128.I", _UNHEARD))
        return Loudness(lufs if lufs > _UNHEARD else None, decibels(self._peak), self._clips.places)

    @property
    def _layout(self) -> str:
        return _layout(self.channels)

    def _pull(self) -> None:
        for frame in _ready(self._graph):
            if frame.metadata:
                self._told = dict(frame.metadata)

    def _look(self, samples: Frames) -> None:
        if samples.size:
            self._peak = max(self._peak, float(np.abs(samples).max()))


class _Clips:
    """Counts places at which the wave was cut off."""

    def __init__(self, channels: int) -> None:
        self.places = 0
        self._run = np.zeros(channels, np.int64)
        """How many samples in a row are at full scale at the end of what was heard."""

    def push(self, frames: Frames) -> None:
        full = np.abs(frames) >= _NEAR
        if not full.any() and not self._run.any():
            return
        for channel in range(frames.shape[1]):
            edges = np.diff(np.concatenate([[False], full[:, channel], [False]]).astype(np.int8))
            starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
            lengths = ends - starts
            before = int(self._run[channel])
            if len(starts) and starts[0] == 0:
                # One that went on is counted when it becomes long enough, once.
                self.places += before < _IN_A_ROW <= before + int(lengths[0])
                self.places += int((lengths[1:] >= _IN_A_ROW).sum())
            else:
                self.places += int((lengths >= _IN_A_ROW).sum())
            at_end = len(ends) and ends[-1] == len(frames)
            whole = at_end and starts[-1] == 0
            self._run[channel] = (before if whole else 0) + int(lengths[-1]) if at_end else 0


def decibels(value: float) -> float:
    """A share of full scale in decibels."""
    return max(20.0 * float(np.log10(value)), SILENT_DB) if value > 0.0 else SILENT_DB


def _layout(channels: int) -> str:
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")


def _meter(rate: int, channels: int) -> Any:
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout=_layout(channels), time_base=Fraction(1, rate))
    # A voice alone is as loud as it is when it comes from both sides.
    meter = graph.add("ebur128", f"metadata=1:peak=none{':dualmono=1' if channels == 1 else ''}")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def _ready(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, EOFError):
            return


def _shaped(frames: Frames, channels: int) -> Frames:
    """As soxr takes them: those of one channel are mono."""
    whole = np.ascontiguousarray(frames, np.float32)
    return whole[:, 0] if channels == 1 else whole
