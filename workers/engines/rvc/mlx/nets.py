"""All nets for one voice, in one precision."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from storage.errors import ConversionError
from workers.engines.rvc.arriving import Here
from workers.engines.rvc.framework import DeviceFull, Floats, HostLatents, Whole
from workers.engines.rvc.mlx.hubert import Hubert
from workers.engines.rvc.mlx.retrieval import Retrieval
from workers.engines.rvc.mlx.rmvpe import Rmvpe, peaks
from workers.engines.rvc.mlx.voice_nets import VoiceNets

#: Parts of MLX's messages when memory runs out, before or after a GPU has begun its work.
FULL = ("allocate", "insufficient memory", "out of memory")


@dataclass(frozen=True, slots=True)
class MlxNets(HostLatents):
    """The nets in the form that the conversion uses. MLX evaluates each result only once, for a whole batch."""

    hubert: Hubert
    rmvpe: Rmvpe | None
    retrieval: Retrieval | None
    voice: VoiceNets
    projects: bool

    def peaks(self, audio: Floats) -> Here:
        """What the pitch net finds likely in windows."""
        if self.rmvpe is None:
            raise ConversionError("the job was sent without a pitch net; submit the recording again")
        with device_errors():
            return Here(_fetched(peaks(self.rmvpe(mx.array(audio)))))

    def content(self, audio: Floats) -> mx.array:
        """The content features of windows, left on the device."""
        with device_errors():
            return _done(self.hubert(audio, project=self.projects))

    def retrieved(self, content: mx.array) -> mx.array:
        """The nearest features in the voice's own recordings."""
        if self.retrieval is None:
            return content
        with device_errors():
            return _done(self.retrieval(content.flatten(0, 1)).reshape(content.shape))

    def latent(
        self, content: mx.array, retrieved: mx.array, share: Floats, coarse: Whole, noise: Floats, speaker: int
    ) -> Floats:
        """The generator's latent; a content frame is twice as long as the others, so each is used twice."""
        with device_errors():
            plain, mixed = (mx.repeat(x.astype(mx.float32), 2, axis=1) for x in (content, retrieved))
            together = plain + mx.array(share)[..., None] * (mixed - plain)
            pitches = mx.array(coarse.astype(np.int32))
            return _fetched(self.voice.latent(together, pitches, mx.array(noise), self.voice.conditioning[speaker]))

    def stacked(self, contents: Sequence[mx.array]) -> mx.array:
        """A batch of the content features of windows."""
        return mx.stack(list(contents))

    def leaving(self, found: mx.array | Floats) -> Here:
        """Content features or a latent as an array."""
        return Here(found if isinstance(found, np.ndarray) else np.array(found))

    def held(self, content: Floats) -> mx.array:
        """Content features where MLX wants them."""
        return mx.array(content)

    def sound(
        self,
        latent: Floats,
        phase: Floats,
        pitch: Floats,
        noise: Floats,
        speaker: int,
        most: int,  # noqa: ARG002
    ) -> Here:
        """The samples of tiles."""
        with device_errors():
            tracks = (mx.array(track) for track in (latent, phase, pitch, noise))
            return Here(_fetched(self.voice.sound(*tracks, self.voice.tone[speaker])))


@contextmanager
def device_errors() -> Iterator[None]:
    """Raise DeviceFull in place of MLX's errors for a full device."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and not any(words in str(error).lower() for words in FULL):
            raise
        mx.clear_cache()
        raise DeviceFull(str(error)) from error


def _done(found: mx.array) -> mx.array:
    mx.eval(found)
    return found


def _fetched(found: mx.array) -> Floats:
    return np.array(found.astype(mx.float32))
