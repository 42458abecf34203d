"""What is heard in a recording, whoever is to say it: its pitch and its content, which all voices have in common."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP
from workers.engines.rvc.arriving import Arriving
from workers.engines.rvc.framework import Nets
from workers.engines.rvc.known import Known
from workers.engines.rvc.peaks import decode
from workers.engines.rvc.pitch_finding import swift_pitch, world_pitch
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.strip import Strip
from workers.engines.rvc.windows import Window, joined, stacked, windows
from workers.engines.stages import KNOWN, Stages

Pitch = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard in a strip. A device may still be finding it out."""

    pitch: Callable[[], Pitch]
    """The pitch in hertz of every 10-ms frame, zero where there is none; waits for it."""
    contents: Sequence[tuple[Window, Any]]
    """The content features of each window, on the device."""


class Hearing:
    """Listens with the nets that voices share."""

    def __init__(self, nets: Nets, batches: Batches, *, has_pitch: bool) -> None:
        self.nets = nets
        self.batches = batches
        self.has_pitch = has_pitch

    def listen(self, strip: Strip, settings: RvcSettings, stages: Stages, known: Known) -> Heard:
        """Ask for all that is to be heard, before anything is waited for."""
        return Heard(self._pitch(strip, settings, stages, known), list(self._contents(strip, stages, known)))

    def _pitch(self, strip: Strip, settings: RvcSettings, stages: Stages, known: Known) -> Callable[[], Pitch]:
        """What gives the pitch as soon as it is there; none for a voice without pitch."""
        if not self.has_pitch:
            return lambda: np.zeros(2 * strip.frames)
        name = f"pitch.{strip.first}.{strip.frames}"
        if (pitch := known.get(name, 2 * strip.frames)) is not None:
            with stages.timed(f"pitch{KNOWN}"):
                return lambda: pitch
        with stages.timed("pitch"):
            find = self._finding(strip, settings)

        def found() -> Pitch:
            with stages.timed("pitch"):
                pitch = find()
            known.note(name, pitch)
            return pitch

        return found

    def _finding(self, strip: Strip, settings: RvcSettings) -> Callable[[], Pitch]:
        if settings.pitch_method == "rmvpe":
            asked = list(self._peaks(strip))
            return lambda: joined([_core(one.here(), n, w) for one, some in asked for n, w in enumerate(some)])
        samples = strip.samples[: (2 * strip.frames - 1) * PITCH_HOP]
        low, high = settings.pitch_low, settings.pitch_high
        if settings.pitch_method == "swift-f0":
            return lambda: swift_pitch(samples, low, high, strip.first * CONTENT_HOP)
        return lambda: world_pitch(samples, settings.pitch_method, low, high)

    def _peaks(self, strip: Strip) -> Iterator[tuple[Arriving, Sequence[Window]]]:
        def asked(some: Sequence[Window]) -> tuple[Arriving, Sequence[Window]]:
            return self.nets.peaks(stacked([strip.pitch_window(w.first, w.last) for w in some])), some

        return self.batches.windows.over(windows(strip.frames), asked)

    def _contents(self, strip: Strip, stages: Stages, known: Known) -> Iterator[tuple[Window, Any]]:
        wanted = windows(strip.frames)
        asked = (known.get(_content_name(strip, window), window.last - window.first) for window in wanted)
        held = [content for content in asked if content is not None]
        if len(held) == len(wanted):
            for window, content in zip(wanted, held, strict=True):
                with stages.timed(f"content{KNOWN}"):
                    there = self.nets.held(content)
                yield window, there
            return

        def content_of(some: Sequence[Window]) -> Any:
            with stages.timed("content"):
                return self.nets.content(stacked([strip.window(w.first, w.last) for w in some]))

        found = (content for some in self.batches.windows.over(wanted, content_of) for content in some)
        for window, one in zip(wanted, found, strict=True):
            if known.is_wanted:
                known.note_arriving(_content_name(strip, window), self.nets.leaving(one))
            yield window, one


def _core(peaks: npt.NDArray[np.float32], number: int, window: Window) -> Pitch:
    """The pitch of the frames for which a window is used."""
    return decode(peaks[number, 2 * (window.core_first - window.first) : 2 * (window.core_last - window.first)])


def _content_name(strip: Strip, window: Window) -> str:
    return f"content.{strip.first}.{window.first}.{window.last}"
