"""The nets that a framework must provide; the rest of the engine is arithmetic that all frameworks share."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


class DeviceFull(Exception):
    """The device has no memory for a batch of this size; a smaller one may fit."""


class Nets(Protocol):
    """The nets of one voice in one precision on one device; all inputs and outputs are batches."""

    def salience(self, audio: Floats) -> Floats:
        """Pitch salience `[batch, frames, bins]` of windows of samples."""
        ...

    def content(self, audio: Floats) -> Any:
        """Content features of windows, left on the device."""
        ...

    def retrieved(self, content: Any) -> Any:
        """For each frame, the nearest features in the voice's own recordings; the content itself if it has none."""
        ...

    def latent(self, content: Any, retrieved: Any, share: Floats, coarse: Whole, noise: Floats, speaker: int) -> Floats:
        """The generator's latent `[batch, frames, width]`, from content with a share of the retrieved features."""
        ...

    def sound(self, latent: Floats, phase: Floats, pitch: Floats, noise: Floats, speaker: int) -> Floats:
        """Samples `[batch, tile]` of tiles with their margins."""
        ...
