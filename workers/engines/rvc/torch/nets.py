"""All nets for one voice, on one device in one precision."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from storage.errors import ConversionError
from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP
from workers.engines.rvc.arriving import Arriving
from workers.engines.rvc.framework import DeviceFull, Floats, Whole
from workers.engines.rvc.strip import TAIL
from workers.engines.rvc.torch.arrivals import leaving, sent
from workers.engines.rvc.torch.compiling import compiled, compiles
from workers.engines.rvc.torch.hubert import Hubert
from workers.engines.rvc.torch.retrieval import Retrieval
from workers.engines.rvc.torch.rmvpe import Rmvpe, peaks
from workers.engines.rvc.torch.shapes import FRAMES, filled, in_whole_shapes
from workers.engines.rvc.torch.voice_nets import VoiceNets

#: What errors of a full device say that are none of torch's own: of the system, and of NVIDIA's libraries.
_FULL = ("not enough memory", "can't allocate memory", "out of memory", "STATUS_ALLOC_FAILED")


@dataclass(frozen=True, slots=True)
class TorchNets:
    """The nets in the form that the conversion uses."""

    device: torch.device
    hubert: Hubert
    rmvpe: Rmvpe | None
    retrieval: Retrieval | None
    voice: VoiceNets
    projects: bool

    def peaks(self, audio: Floats) -> Arriving:
        """What the pitch net finds likely in windows."""
        if self.rmvpe is None:
            raise ConversionError("the job was sent without a pitch net; submit the recording again")
        rmvpe = self.rmvpe
        return self._computed(lambda samples: peaks(rmvpe(samples)), audio)

    def content(self, audio: Floats) -> Tensor:
        """The content features of windows, left on the device."""
        with _device_errors(), torch.inference_mode():
            return self.hubert(self._there(audio), project=self.projects)

    def retrieved(self, content: Tensor) -> Tensor:
        """The nearest features in the voice's own recordings."""
        if self.retrieval is None:
            return content
        with _device_errors(), torch.inference_mode():
            return self.retrieval(content.flatten(0, 1)).unflatten(0, content.shape[:2])

    def latent(
        self, content: Tensor, retrieved: Tensor, share: Floats, coarse: Whole, noise: Floats | Tensor, speaker: int
    ) -> Tensor:
        """The generator's latent; a content frame is twice as long as the others, so each is used twice."""
        conditioning = self.voice.conditioning[speaker]

        def work(share: Tensor, coarse: Tensor, noise: Tensor) -> Tensor:
            plain, mixed = (x.float().repeat_interleave(2, dim=1) for x in (content, retrieved))
            mixture = torch.lerp(plain, mixed, share[..., None])
            if not compiles(self.device):
                return self.voice.latent(mixture, coarse, noise, conditioning)
            each = zip(mixture, coarse, noise, strict=True)
            return torch.cat([self._latent_of_one(*window, conditioning) for window in each])

        with _device_errors(), torch.inference_mode():
            return work(*(self._there(array) for array in (share, coarse, noise))).float()

    def joined(self, latents: Sequence[Tensor]) -> Tensor:
        """Latents one after the other, on the device."""
        return latents[0] if len(latents) == 1 else torch.cat(tuple(latents))

    def stretches(self, places: Sequence[tuple[Tensor | Floats, int]], length: int) -> Tensor:
        """So many frames of each latent, stacked on the device."""
        with _device_errors(), torch.inference_mode():
            return torch.stack([_stretch(self._there(latent), start, length) for latent, start in places])

    def stacked(self, contents: Sequence[Tensor]) -> Tensor:
        """A batch of the content features of windows; of one alone, no copy is made."""
        return contents[0][None] if len(contents) == 1 else torch.stack(tuple(contents))

    def leaving(self, found: Tensor) -> Arriving:
        """A latent or content features on their way to the processor."""
        return leaving(found)

    def held(self, content: Floats) -> Tensor:
        """The content features of one window, back on the device."""
        return self._there(content)

    def _latent_of_one(self, content: Tensor, coarse: Tensor, noise: Tensor, conditioning: Tensor) -> Tensor:
        """One window through a compiled program."""
        program = compiled(VoiceNets.latent, self.device)

        def latent_of(content: Tensor, coarse: Tensor, noise: Tensor, real: Tensor) -> Tensor:
            return program(self.voice, content, coarse, noise, conditioning, real)

        return in_whole_shapes(latent_of, [track[None] for track in (content, coarse, noise)], FRAMES)

    def sound(
        self, latent: Floats | Tensor, phase: Floats, pitch: Floats, noise: Floats | Tensor, speaker: int, most: int
    ) -> Arriving:
        """The samples of tiles."""
        sound_of, tone = compiled(VoiceNets.sound, self.device), self.voice.tone[speaker]
        tiles = len(latent)
        size = most if compiles(self.device) else tiles

        def work(latent: Tensor, *tracks: Tensor) -> Tensor:
            given = (filled(track, 0, size) for track in (latent.to(tone.dtype), *tracks))
            return sound_of(self.voice, *given, tone)[:tiles]

        return self._computed(work, latent, phase, pitch, noise)

    def rehearse(self, tiles: int, length: int) -> None:
        """Run everything that is compiled once, in each of its shapes: so many tiles, as long as this with margins."""
        sizes = self.voice.sizes

        def silence(*shape: int) -> Floats:
            return np.zeros(shape, np.float32)

        for frames in FRAMES:
            audio = silence(1, frames // 2 * CONTENT_HOP + TAIL)
            self.content(audio)
            if self.rmvpe is not None:
                self.peaks(audio[:, : -TAIL - PITCH_HOP])
            heard = torch.zeros(1, frames // 2, sizes.content, device=self.device)
            coarse = np.ones((1, frames), np.int64)
            self.latent(heard, heard, silence(1, frames), coarse, silence(1, frames, sizes.inter), 0)
        track, noise = silence(tiles, length), silence(tiles, length * sizes.frame)
        self.sound(silence(tiles, length, sizes.inter), track, track, noise, 0, tiles)

    def _computed(self, work: Callable[..., Tensor], *arrays: Floats | Whole | Tensor) -> Arriving:
        with _device_errors(), torch.inference_mode():
            return leaving(work(*(self._there(array) for array in arrays)).float())

    def _there(self, array: Floats | Whole | Tensor) -> Tensor:
        return array if isinstance(array, Tensor) else sent(array, self.device)


def _stretch(latent: Tensor, start: int, length: int) -> Tensor:
    """So many frames from this one on, with zeros beyond both ends."""
    held = latent[max(start, 0) : max(start + length, 0)]
    before = min(max(-start, 0), length)
    return F.pad(held, (0, 0, before, length - before - len(held)))


@contextmanager
def _device_errors() -> Iterator[None]:
    """Raise DeviceFull in place of torch's errors for a full device."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise DeviceFull(str(error).split(".")[0]) from error
    except RuntimeError as error:
        if any(words in str(error) for words in _FULL):
            raise DeviceFull(str(error).splitlines()[0]) from error
        raise
