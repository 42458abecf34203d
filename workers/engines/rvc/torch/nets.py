"""All nets for one voice, on one device in one precision."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from storage.errors import ConversionError
from workers.engines.rvc.framework import DeviceFull, Floats, Whole
from workers.engines.rvc.torch.compiling import compiled
from workers.engines.rvc.torch.hubert import Hubert
from workers.engines.rvc.torch.retrieval import Retrieval
from workers.engines.rvc.torch.rmvpe import Rmvpe
from workers.engines.rvc.torch.voice_nets import VoiceNets


@dataclass(frozen=True, slots=True)
class TorchNets:
    """The nets in the form that the conversion uses."""

    device: torch.device
    hubert: Hubert
    rmvpe: Rmvpe | None
    retrieval: Retrieval | None
    voice: VoiceNets
    projects: bool

    def salience(self, audio: Floats) -> Floats:
        """The pitch salience of windows."""
        if self.rmvpe is None:
            raise ConversionError("the job was sent without a pitch net; submit the recording again")
        return self._computed(self.rmvpe, audio)

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
        self, content: Tensor, retrieved: Tensor, share: Floats, coarse: Whole, noise: Floats, speaker: int
    ) -> Floats:
        """The generator's latent; a content frame is twice as long as the others, so each is used twice."""
        latent_of, conditioning = compiled(VoiceNets.latent, self.device), self.voice.conditioning[speaker]

        def work(share: Tensor, coarse: Tensor, noise: Tensor) -> Tensor:
            plain, mixed = (x.float().repeat_interleave(2, dim=1) for x in (content, retrieved))
            return latent_of(self.voice, torch.lerp(plain, mixed, share[..., None]), coarse, noise, conditioning)

        return self._computed(work, share, coarse, noise)

    def sound(self, latent: Floats, phase: Floats, pitch: Floats, noise: Floats, speaker: int) -> Floats:
        """The samples of tiles."""
        sound_of, tone = compiled(VoiceNets.sound, self.device), self.voice.tone[speaker]

        def work(latent: Tensor, phase: Tensor, pitch: Tensor, noise: Tensor) -> Tensor:
            return sound_of(self.voice, latent.to(tone.dtype), phase, pitch, noise, tone)

        return self._computed(work, latent, phase, pitch, noise)

    def _computed(self, work: Callable[..., Tensor], *arrays: Floats | Whole) -> Floats:
        with _device_errors(), torch.inference_mode():
            result: Floats = work(*(self._there(array) for array in arrays)).float().cpu().numpy()
            return result

    def _there(self, array: Floats | Whole) -> Tensor:
        return torch.from_numpy(array).to(self.device, non_blocking=True)


@contextmanager
def _device_errors() -> Iterator[None]:
    """Raise DeviceFull in place of torch's errors for a full device."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise DeviceFull(str(error).split(".")[0]) from error
    except RuntimeError as error:
        if "not enough memory" in str(error) or "can't allocate memory" in str(error):
            raise DeviceFull(str(error)) from error
        raise
