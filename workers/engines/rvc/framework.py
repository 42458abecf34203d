"""What a framework must do for the engine: everything else is arithmetic that all frameworks share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workers.engines.probe import Probe
from workers.engines.rvc.arriving import Arriving
from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.rvc.tiles import cut_each
from workers.engines.rvc.windows import joined
from workers.engines.voice import FoundDevice, PackageFolders, Shelf, Voice

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


class DeviceFull(Exception):
    """The device has no memory for a batch of this size; a smaller one may fit."""


class Nets(Protocol):
    """The nets of one voice in one precision on one device; all inputs and outputs are batches."""

    def peaks(self, audio: Floats) -> Arriving:
        """What the pitch net finds in windows of samples, `[batch, frames, 1 + bins]` as `peaks.py` has it."""
        ...

    def content(self, audio: Floats) -> Any:
        """Content features of windows, left on the device."""
        ...

    def retrieved(self, content: Any) -> Any:
        """For each frame, the nearest features in the voice's own recordings; the content itself if it has none."""
        ...

    def latent(self, content: Any, retrieved: Any, share: Floats, coarse: Whole, noise: Any, speaker: int) -> Any:
        """The generator's latent `[batch, frames, width]`, from content with a share of the retrieved features.

        It stays where the generator wants it, on the device if that is not the processor.
        """
        ...

    def joined(self, latents: Sequence[Any]) -> Any:
        """Latents `[frames, width]` one after the other."""
        ...

    def stretches(self, places: Sequence[tuple[Any, int]], length: int) -> Any:
        """`[batch, length, width]`: so many frames of each latent, from this one on, with zeros beyond its ends."""
        ...

    def stacked(self, contents: Sequence[Any]) -> Any:
        """A batch of the content features of windows."""
        ...

    def leaving(self, found: Any) -> Arriving:
        """A latent, or the content features of one window, on their way to the processor."""
        ...

    def held(self, content: Floats) -> Any:
        """The content features of one window, back on the device."""
        ...

    def sound(self, latent: Any, phase: Floats, pitch: Floats, noise: Any, speaker: int, most: int) -> Arriving:
        """Samples `[batch, tile]` of tiles with their margins; there are never more of them than `most`.

        A compiled program always gets that many, so that a tile's samples do not depend on how many come with it.
        """
        ...


class HostLatents:
    """What nets do with latents whose framework shares the processor's memory."""

    def joined(self, latents: Sequence[Floats]) -> Floats:
        """One after the other."""
        return joined(latents)

    def stretches(self, places: Sequence[tuple[Floats, int]], length: int) -> Floats:
        """So many frames of each, stacked."""
        return cut_each(places, length)


class Noise(Protocol):
    """Makes normal noise as a function of absolute position, where the nets want it."""

    def latent(self, seed: int, firsts: Sequence[int], frames: int, width: int) -> Any:
        """`[batch, frames, width]`: for so many 10-ms frames from each of these on."""
        ...

    def source(self, seed: int, firsts: Sequence[int], samples: int) -> Any:
        """`[batch, samples]`: for so many samples of the output from each of these on."""
        ...


class Framework(ABC):
    """Loads voices, and finds its device."""

    @abstractmethod
    def load(self, recipe: RvcRecipe, packages: PackageFolders, capability: str) -> Voice:
        """Load a voice, ready to convert on this capability's device."""

    @abstractmethod
    def device(self) -> FoundDevice | None:
        """The device that it would compute on, or None if there is none for it."""

    @abstractmethod
    def halves(self) -> tuple[str, ...]:
        """The kinds of half precision that its device multiplies at full speed."""

    @abstractmethod
    def probe(self, capability: str) -> Probe:
        """What can tell of the device while it works."""

    def warm_up(self, capability: str, shelf: Shelf, version: str) -> None:  # noqa: B027 - MLX has nothing to do
        """If it compiles, share that with machines of the same kind and this version of the engine from now on."""
