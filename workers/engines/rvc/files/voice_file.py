"""Reads a voice and the index that came with it."""

from pathlib import Path
from typing import Any

from workers.engines.package import VOICE
from workers.engines.rvc.files.checking import read_weights
from workers.engines.rvc.files.checkpoint import open_checkpoint
from workers.engines.rvc.files.draft import Draft, refusals_name, sha256_of
from workers.engines.rvc.files.index_file import Retrieval, check_most, read_index
from workers.engines.rvc.files.recognition import form_of
from workers.engines.rvc.files.voice_layout import voice_layout

#: The tensor that is as wide as the content features that the voice needs.
_PHONES = "enc_p.emb_phone.weight"


def read_voice(
    path: Path, index: Path | None = None, most_vectors: int | None = None, rate: int | None = None
) -> Draft:
    """The voice in this file with the vectors of its index, at most as many as allowed.

    Only the few training checkpoints that do not show their rate need it, in hertz. Nothing in the files is run, and
    nothing is written.
    """
    check_most(most_vectors)
    with refusals_name(path):
        draft = _read(path, rate)
    if index is None:
        return draft
    with refusals_name(index):
        retrieval = read_index(index, draft.weights[_PHONES].shape[1], most_vectors)
        facts = {**draft.facts, **_said_of(retrieval), "index_sha256": sha256_of(index)}
    return Draft(VOICE, draft.sizes, facts, draft.weights, retrieval.vectors)


def _read(path: Path, rate: int | None) -> Draft:
    with open_checkpoint(path, form_of(path)) as said:
        layout = voice_layout(said, rate)
        weights = read_weights(layout.sizes.tensors(), layout.tensors, "voice")
    facts = {**layout.facts, "name": path.stem, "source_sha256": sha256_of(path)}
    return Draft(VOICE, layout.sizes, facts, weights)


def _said_of(retrieval: Retrieval) -> dict[str, Any]:
    kept = len(retrieval.vectors)
    said = {"vectors": kept, "vectors_from": retrieval.total}
    return said | ({"reduced": "evenly spaced"} if kept < retrieval.total else {})
