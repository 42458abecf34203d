"""Nets of the exact architectures, narrow enough to run in a moment."""

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes

#: Rates and kernels of every public voice.
TABLES = {
    "32k v1": (32_000, (10, 4, 2, 2, 2), (16, 16, 4, 4, 4)),
    "32k v2": (32_000, (10, 8, 2, 2), (20, 16, 4, 4)),
    "40k": (40_000, (10, 10, 2, 2), (16, 16, 4, 4)),
    "48k v1": (48_000, (10, 6, 2, 2, 2), (16, 16, 4, 4, 4)),
    "48k v2": (48_000, (12, 10, 2, 2), (24, 20, 4, 4)),
    "24k": (24_000, (10, 6, 2, 2), (20, 12, 4, 4)),
}

ENCODER = EncoderSizes(
    hidden=32, heads=2, layers=2, feed_forward=48, conv=16, position_kernel=16, position_groups=4, projection=16
)
PITCH = PitchSizes(channels=2, blocks=1, middle_layers=1, gru=8)


def voice(table: str = "24k", *, has_pitch: bool = True, content: int = ENCODER.hidden) -> SynthesizerSizes:
    """Sizes of a narrow voice with these rates and kernels."""
    rate, rates, kernels = TABLES[table]
    return SynthesizerSizes(
        rate,
        rates,
        kernels,
        content,
        has_pitch=has_pitch,
        speakers=3,
        inter=12,
        hidden=16,
        filter=24,
        layers=2,
        initial=64,
        speaker_width=10,
    )


def relative_error(found: npt.NDArray[np.floating], wanted: npt.NDArray[np.floating]) -> float:
    """The largest difference as a share of the largest value."""
    assert found.shape == wanted.shape
    return float(np.abs(found.astype(np.float64) - wanted).max() / np.abs(wanted).max())
