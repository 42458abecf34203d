"""Packages of a few bytes, which are fetched and stored in the same way as big ones."""

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from workers.engines.package import VOICE, PackedFile, description_file
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes
from workers.engines.rvc.package import ENCODER, PITCH, RETRIEVAL, WEIGHTS, Description, Sizes

SIZES: dict[str, Sizes] = {
    VOICE: SynthesizerSizes(40_000, (10, 10, 2, 2), (16, 16, 4, 4), 768, speakers=3),
    ENCODER: EncoderSizes(),
    PITCH: PitchSizes(),
}


def make_package(folder: Path, kind: str = VOICE, size: int = 1000, name: str = "anna") -> Description:
    """A package in a folder, with made-up contents."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for file in (WEIGHTS, RETRIEVAL) if kind == VOICE else (WEIGHTS,):
        data = os.urandom(size)
        (folder / file).write_bytes(data)
        files[file] = PackedFile(sha256(data).hexdigest(), size)
    facts = {"name": name, "embedder": "contentvec", "speakers": {0: "Anna", 1: "Ben"}, "vectors": 7}
    description = Description(kind, SIZES[kind], facts if kind == VOICE else {"name": name}, files)
    (folder / description_file(kind)).write_bytes(description.to_bytes())
    return description


def narrow(description: Description) -> Description:
    """The same encoder without the projection that voices of the first version need."""
    assert isinstance(description.sizes, EncoderSizes)
    return replace(description, sizes=replace(description.sizes, projection=None))
