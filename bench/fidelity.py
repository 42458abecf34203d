"""How much a cut or lower precision changes the sound: narrow nets of the exact architectures, random weights.

Random nets listen equally to all of a window, trained ones mostly to what is near, so random ones are the worst case.
"""

from collections.abc import Iterator

import numpy as np
import torch

from bench.figures import Figure, machine, show
from testing.rvc.joins import click, likeness
from testing.rvc.pieces import Floats, atom, spoken, sung, whole
from testing.rvc.voices import conversion, narrow, nets
from workers.engines.rvc import strip
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches

VOICE = narrow()
#: Content frames of context to try, and where the recordings are cut.
CONTEXTS = (16, 32, 64, 112, 224)
SECONDS, CUT = 12.0, 307 * CONTENT_HOP
#: How much of their attention the nets keep.
ATTENTIONS = (0.03, 0.1, 1.0)
ALIKE, CLICK = 0.999, 1.5


def measure() -> Iterator[Figure]:
    """Joins by context and attention, then precisions."""
    usual = strip.CONTEXT
    for attention in ATTENTIONS:
        for context in CONTEXTS:
            strip.CONTEXT = context
            alike, sharpest = _join(attention, context * CONTENT_HOP)
            strip.CONTEXT = usual
            name = f"join with {context * CONTENT_HOP / ANALYSIS_RATE:.2f} s of context, attention {attention:.0%}"
            reached = alike >= ALIKE and sharpest < CLICK
            yield Figure(name, f"correlation {alike:.5f}, click {sharpest:.2f}", "0.999, below 1.5", reached)
    for dtype in (torch.bfloat16, torch.float16):
        alike = _precision(dtype)
        yield Figure(f"{str(dtype).removeprefix('torch.')} over float32", f"{alike:.5f}", "0.999", alike >= ALIKE)


def _join(attention: float, context: int) -> tuple[float, float]:
    """The lowest likeness of the second around a join to the uncut conversion, and the sharpest click."""
    voice, settings = conversion(VOICE, attention=attention), RvcSettings(pitch_method="dio")
    return _worst(voice, settings, context)


def _worst(voice: RvcConversion, settings: RvcSettings, context: int) -> tuple[float, float]:
    likest, sharpest = 1.0, 0.0
    join, half = CUT * VOICE.rate // ANALYSIS_RATE, VOICE.rate // 2
    for recording in (spoken(SECONDS), sung(SECONDS)):
        one = voice.convert(whole(recording, VOICE.rate), settings).samples
        joined = _joined(voice, recording, settings, context)
        around = slice(join - half, join + half)
        likest = min(likest, likeness(one[around], joined[around]))
        sharpest = max(sharpest, click(joined, join))
    return likest, sharpest


def _joined(voice: RvcConversion, recording: Floats, settings: RvcSettings, context: int) -> Floats:
    edges = ((0, CUT), (CUT, len(recording)))
    parts = [voice.convert(atom(recording, *edge, VOICE.rate, context), settings).samples for edge in edges]
    return np.concatenate(parts)


def _precision(dtype: torch.dtype) -> float:
    """Likeness of the conversion in this precision to that in float32."""
    piece, settings = whole(spoken(6.0), VOICE.rate), RvcSettings(pitch_method="dio")
    exact = conversion(VOICE).convert(piece, settings).samples
    coarse = RvcConversion(VOICE, nets(VOICE, dtype), Batches(Batch(1), Batch(1), 64)).convert(piece, settings).samples
    return likeness(exact, coarse)


if __name__ == "__main__":
    print(machine())
    show(measure())
