"""Loads a voice for torch: which device, which precision, and the nets that voices share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from workers.engines.package import VOICE
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion, convert_with
from workers.engines.rvc.features import features_for
from workers.engines.rvc.framework import DeviceFull, Framework
from workers.engines.rvc.package import ENCODER, PITCH, Package, give_back
from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.tiles import margins
from workers.engines.rvc.torch.compiling import NO_COMPILER, compiles, has_compiler, share_programs, shared
from workers.engines.rvc.torch.device_clock import DeviceClock
from workers.engines.rvc.torch.device_noise import DeviceNoise
from workers.engines.rvc.torch.hubert import Hubert
from workers.engines.rvc.torch.nets import TorchNets
from workers.engines.rvc.torch.precision import compute_exactly, dtype_for, halves
from workers.engines.rvc.torch.probing import TorchProbe
from workers.engines.rvc.torch.retrieval import Retrieval
from workers.engines.rvc.torch.rmvpe import Rmvpe
from workers.engines.rvc.torch.shapes import TILES
from workers.engines.rvc.torch.voice_nets import VoiceNets
from workers.engines.stages import HOST
from workers.engines.voice import Converted, FoundDevice, PackageFolders, Piece, Shelf, Voice

#: Windows and tiles at a time: one keeps a processor busy, and more would not fit its caches.
ON_CPU = (1, 1)
ON_CUDA = (8, TILES[-1])


class TorchVoice(Voice):
    """A voice that is loaded once for each precision that jobs ask for."""

    def __init__(self, recipe: RvcRecipe, packages: PackageFolders, device: torch.device) -> None:
        self.device = device
        self.recipe = recipe
        self.packages = packages
        self.voice = Package.in_folder(packages(recipe.package, VOICE), VOICE)
        self.encoder = packages(recipe.encoder, ENCODER)
        self.conversions: dict[torch.dtype, RvcConversion] = {}
        self.retrievals: dict[bool, Retrieval] = {}
        windows, tiles = ON_CUDA if device.type == "cuda" else ON_CPU
        fixed = compiles(device)
        self.batches = Batches(Batch(windows), Batch(tiles, sizes=TILES if fixed else ()), is_fixed=fixed)

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        """Convert one atom."""
        (converted,) = self.convert_all([piece], settings)
        return converted

    def convert_all(self, pieces: Sequence[Piece], settings: Mapping[str, Any]) -> Iterator[Converted]:
        """Convert atoms whose tiles fill the device's batches together."""
        return convert_with(self.conversion_for, pieces, settings)

    def conversion_for(self, settings: RvcSettings) -> RvcConversion:
        """The conversion with nets in the precision that the settings ask for."""
        dtype = dtype_for(settings.precision, self.device)
        if dtype not in self.conversions:
            self.conversions[dtype] = self._assembled(dtype)
        return self.conversions[dtype]

    def _assembled(self, dtype: torch.dtype) -> RvcConversion:
        sizes = self.voice.description.sizes_as(SynthesizerSizes)
        encoder = Package.in_folder(self.encoder, ENCODER).description.sizes_as(EncoderSizes)
        features = features_for(sizes, encoder)
        with torch.inference_mode():
            like = torch.zeros((), dtype=dtype, device=self.device)
            nets = TorchNets(
                device=self.device,
                hubert=_hubert(self.encoder, features.layers, dtype, self.device),
                rmvpe=self._rmvpe(dtype),
                retrieval=self._retrieval(rough=dtype != torch.float32),
                voice=VoiceNets(self.voice.weights(), sizes, like),
                projects=features.projects,
            )
        give_back()
        noise = None if self.device.type == "cpu" else DeviceNoise(self.device)
        if compiles(self.device):
            self._rehearse(nets, noise, sizes, dtype)
        return RvcConversion(sizes, nets, self.batches, noise, HOST if noise is None else DeviceClock(self.device))

    def _rehearse(
        self, nets: TorchNets, noise: DeviceNoise | None, sizes: SynthesizerSizes, dtype: torch.dtype
    ) -> None:
        """Compile all programs, as a part of loading, which teaches the farm no speed; the first atoms would.

        A device with no room for a whole batch is given less when it converts, as at any other time.
        """
        tiles, frames = self.batches.tiles.size, self.batches.tile + 2 * margins(sizes)[0]
        with shared(sizes, dtype), suppress(DeviceFull):
            nets.rehearse(tiles, frames)
            if noise is not None:
                noise.rehearse(tiles, frames * sizes.frame, sizes.inter)

    def _rmvpe(self, dtype: torch.dtype) -> Rmvpe | None:
        if self.recipe.pitch_model is None:
            return None
        return _rmvpe(self.packages(self.recipe.pitch_model, PITCH), dtype, self.device)

    def _retrieval(self, *, rough: bool) -> Retrieval | None:
        if rough not in self.retrievals and (vectors := self.voice.vectors()) is not None:
            self.retrievals[rough] = Retrieval(torch.from_numpy(vectors).to(self.device), rough=rough)
        return self.retrievals.get(rough)


@lru_cache(maxsize=2)
def _hubert(folder: Path, layers: int, dtype: torch.dtype, device: torch.device) -> Hubert:
    """A content encoder, shared by all voices."""
    package = Package.in_folder(folder, ENCODER)
    hubert = Hubert(package.description.sizes_as(EncoderSizes), layers, torch.zeros((), dtype=dtype, device=device))
    hubert.load(package.weights())
    give_back()
    return hubert


@lru_cache(maxsize=2)
def _rmvpe(folder: Path, dtype: torch.dtype, device: torch.device) -> Rmvpe:
    """A pitch net, shared by all voices."""
    package = Package.in_folder(folder, PITCH)
    rmvpe = Rmvpe(package.description.sizes_as(PitchSizes), torch.zeros((), dtype=dtype, device=device))
    rmvpe.load(package.weights())
    give_back()
    return rmvpe


class Torch(Framework):
    """PyTorch, on processors and NVIDIA devices."""

    def load(self, recipe: RvcRecipe, packages: PackageFolders, capability: str) -> TorchVoice:
        """Load a voice, ready to convert."""
        compute_exactly()
        return TorchVoice(recipe, packages, torch.device(capability))

    def device(self) -> FoundDevice | None:
        """The first CUDA device, or None if torch finds none."""
        if not torch.cuda.is_available():
            return None
        properties = torch.cuda.get_device_properties(0)
        return FoundDevice(str(properties.name), int(properties.total_memory), () if has_compiler() else (NO_COMPILER,))

    def halves(self) -> tuple[str, ...]:
        """What the first CUDA device has."""
        return halves(torch.cuda.get_device_capability()) if torch.cuda.is_available() else ()

    def probe(self, capability: str) -> TorchProbe:
        """Torch's own counters and profiler."""
        return TorchProbe(torch.device(capability))

    def warm_up(self, capability: str, shelf: Shelf, version: str) -> None:
        """Share compiled programs from now on; each voice fetches or compiles its own when it is loaded."""
        share_programs(capability, shelf, version)


FRAMEWORK = Torch()
