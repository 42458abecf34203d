"""The RVC engine without its nets, with everything that the farm asks of the real one."""

from collections.abc import Mapping
from typing import Any

from workers.engines.package import VOICE
from workers.engines.rvc.engine import RvcEngine
from workers.engines.rvc.package import ENCODER, PITCH
from workers.engines.voice import Converted, PackageFolders, Piece, Voice


class _Silent(Voice):
    """A voice that gives silence."""

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        return Converted(piece.samples[:0].repeat(piece.out_stop - piece.out_start))


class WithoutNets(RvcEngine):
    """An engine that only fetches what the real one would load."""

    version = "1"
    worker_bytes = 150_000_000
    capabilities = frozenset({"cpu", "cuda"})

    def runs_on(self, capability: str) -> bool:
        return True

    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
        for field, kind in (("package", VOICE), ("encoder", ENCODER), ("pitch_model", PITCH)):
            if field in recipe:
                packages(recipe[field], kind)
        return _Silent()


ENGINE = WithoutNets()
