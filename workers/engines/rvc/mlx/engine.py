"""Loads a voice for MLX: which precision, how much at a time, and the nets that voices share."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import mlx.core as mx

from storage.errors import InputError
from storage.remedies import Act, Remedy
from workers.engines.package import VOICE
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes
from workers.engines.rvc.conversion import RvcConversion, convert_with
from workers.engines.rvc.features import features_for
from workers.engines.rvc.framework import Framework
from workers.engines.rvc.mlx.compiling import settled
from workers.engines.rvc.mlx.device import batches_for, limit_memory, mlx_device, offered_memory, on_gpu
from workers.engines.rvc.mlx.hubert import Hubert
from workers.engines.rvc.mlx.nets import MlxNets
from workers.engines.rvc.mlx.precision import dtype_for, halves
from workers.engines.rvc.mlx.probing import MlxProbe
from workers.engines.rvc.mlx.retrieval import Retrieval
from workers.engines.rvc.mlx.rmvpe import Rmvpe
from workers.engines.rvc.mlx.voice_nets import VoiceNets
from workers.engines.rvc.package import ENCODER, PITCH, Package
from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.rvc.settings import RvcSettings
from workers.engines.voice import Converted, FoundDevice, PackageFolders, Piece, Voice


class MlxVoice(Voice):
    """A voice that is loaded once for each precision that jobs ask for."""

    def __init__(self, recipe: RvcRecipe, packages: PackageFolders) -> None:
        self.recipe = recipe
        self.packages = packages
        self.voice = Package.in_folder(packages(recipe.package, VOICE), VOICE)
        self.encoder = packages(recipe.encoder, ENCODER)
        self.conversions: dict[mx.Dtype, RvcConversion] = {}
        self.retrieval: Retrieval | None = None
        self.batches = batches_for(offered_memory(), gpu=on_gpu())

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        """Convert one atom."""
        return next(convert_with(self.conversion_for, [piece], settings))

    def conversion_for(self, settings: RvcSettings) -> RvcConversion:
        """The conversion with nets in the precision that the settings ask for."""
        dtype = dtype_for(settings.precision)
        if dtype not in self.conversions:
            self.conversions[dtype] = self._assembled(dtype)
        return self.conversions[dtype]

    def _assembled(self, dtype: mx.Dtype) -> RvcConversion:
        sizes = self.voice.description.sizes_as(SynthesizerSizes)
        encoder = Package.in_folder(self.encoder, ENCODER).description.sizes_as(EncoderSizes)
        features = features_for(sizes, encoder)
        nets = MlxNets(
            hubert=_hubert(self.encoder, features.layers, dtype),
            rmvpe=self._rmvpe(dtype),
            retrieval=self._retrieval(),
            voice=settled(VoiceNets(self.voice.weights(), sizes, dtype)),
            projects=features.projects,
        )
        return RvcConversion(sizes, nets, self.batches)

    def _rmvpe(self, dtype: mx.Dtype) -> Rmvpe | None:
        if self.recipe.pitch_model is None:
            return None
        return _rmvpe(self.packages(self.recipe.pitch_model, PITCH), dtype)

    def _retrieval(self) -> Retrieval | None:
        if self.retrieval is None and (vectors := self.voice.vectors()) is not None:
            self.retrieval = settled(Retrieval(vectors))
        return self.retrieval


@lru_cache(maxsize=2)
def _hubert(folder: Path, layers: int, dtype: mx.Dtype) -> Hubert:
    """A content encoder, shared by all voices."""
    package = Package.in_folder(folder, ENCODER)
    return settled(Hubert(package.weights(), package.description.sizes_as(EncoderSizes), layers, dtype))


@lru_cache(maxsize=2)
def _rmvpe(folder: Path, dtype: mx.Dtype) -> Rmvpe:
    """A pitch net, shared by all voices."""
    package = Package.in_folder(folder, PITCH)
    return settled(Rmvpe(package.weights(), package.description.sizes_as(PitchSizes), dtype))


class Mlx(Framework):
    """Apple's MLX: on Macs, and slowly on processors elsewhere."""

    def load(self, recipe: RvcRecipe, packages: PackageFolders, capability: str) -> MlxVoice:
        """Load a voice, ready to convert."""
        if capability != "mlx":
            raise InputError(
                f"MLX converts on workers with the capability mlx, not {capability}", Remedy(Act.SERVE_AS, "mlx")
            )
        limit_memory()
        return MlxVoice(recipe, packages)

    def device(self) -> FoundDevice | None:
        """The device that MLX computes on."""
        return mlx_device()

    def halves(self) -> tuple[str, ...]:
        """What MLX's device has."""
        return halves()

    def probe(self, capability: str) -> MlxProbe:  # noqa: ARG002 - MLX has one device
        """MLX's own counters."""
        return MlxProbe()


FRAMEWORK = Mlx()
