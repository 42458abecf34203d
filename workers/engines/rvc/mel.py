"""The mel spectrogram that the pitch net reads: its constants, its window and its filters."""

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import ANALYSIS_RATE

#: Samples of one frame at 16 kHz, 64 ms; also the length of its Fourier transform.
FRAME_SIZE = 1024

#: Bands of the nets that people have.
MELS = 128

#: Hertz between which the filters are placed.
LOWEST, HIGHEST = 30.0, 8000.0

#: The smallest output of a filter before the logarithm, because silence has no logarithm.
FLOOR = 1e-5


def hann_window() -> npt.NDArray[np.float32]:
    """The window of a frame, periodic: repeated, it would continue smoothly."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME_SIZE) / FRAME_SIZE)).astype(np.float32)


def mel_filters(mels: int) -> npt.NDArray[np.float32]:
    """Triangular filters over a frame's magnitudes, `[mels, FRAME_SIZE / 2 + 1]`, each with the same area in hertz."""
    edges = _hertz(np.linspace(_mel(LOWEST), _mel(HIGHEST), mels + 2))
    bins = np.linspace(0.0, ANALYSIS_RATE / 2, FRAME_SIZE // 2 + 1)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    triangles = np.maximum(np.minimum(rising, falling), 0.0)
    return (triangles * (2.0 / (right - left))).astype(np.float32)


def _mel(hertz: float) -> float:
    """A frequency on O'Shaughnessy's mel scale, which the HTK toolkit uses."""
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def _hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    hertz: npt.NDArray[np.float64] = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return hertz
