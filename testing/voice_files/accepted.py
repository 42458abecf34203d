"""One file of every layout that is accepted."""

from argparse import Namespace
from pathlib import PurePosixPath

import numpy as np
import torch
from safetensors.torch import save_file

from testing.voice_files.case import Case, Reader, as_index, fewer, tiny_model
from testing.voice_files.indexes import flat, ivf, vectors, write
from testing.voice_files.models import (
    BARE_ENCODER,
    ENCODER,
    by_fairseq,
    normed_positions,
    pitch_tensors,
    random_tensors,
    write_folder,
)
from testing.voice_files.voices import (
    GENERATORS,
    config_of,
    exported,
    halved,
    normed,
    save,
    tiny,
    trained,
    weights_of,
    with_extras,
)
from workers.engines.rvc.files.voice_file import read_voice

_NEWER = ("parametrizations.weight.original0", "parametrizations.weight.original1")


def _version(name: str) -> int:
    return 256 if name.endswith("v1") else 768


def _voice(file: str, what: str, said: object, read: Reader = read_voice, *, legacy: bool = False) -> Case:
    return Case(file, what, lambda path: save(said, path, legacy=legacy), read)


def _model(file: str, what: str, said: object, *, legacy: bool = False) -> Case:
    return _voice(file, what, said, tiny_model, legacy=legacy)


def _without(said: dict[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in said.items() if name != key}


VOICES = [
    *(_voice(f"{name}.pth", f"exported voice, {name}", exported(tiny(name, _version(name)))) for name in GENERATORS),
    _voice("40k-v1.pth", "version 1 at 40k", exported(tiny("40k", 256))),
    _voice("no-pitch.pth", "a voice that does not follow pitch", exported(tiny(has_pitch=False))),
    _voice("extras.pth", "exported with extras", with_extras(tiny())),
    _voice("extras-no-pitch.pth", "the same without pitch", with_extras(tiny("32k-v2", has_pitch=False))),
    _voice("spin.pth", "trained with another public encoder", with_extras(tiny(), embedder_model="spin-v2")),
    _voice("single.pth", "float32", exported(tiny(), weight=normed(weights_of(tiny())))),
    _voice("newer-norm.pth", "weight norm in its newer spelling", exported(
        tiny(), weight=halved(normed(weights_of(tiny()), _NEWER)))),
    _voice("folded.pth", "weight norm already folded", exported(tiny(), weight=halved(weights_of(tiny())))),
    _voice("bfloat.pth", "bfloat16", exported(
        tiny(), weight={n: w.bfloat16() for n, w in weights_of(tiny()).items()})),
    _voice("double.pth", "float64", exported(tiny(), weight={n: w.double() for n, w in weights_of(tiny()).items()})),
    _voice("parameters.pth", "parameters instead of tensors", exported(
        tiny(), weight={n: torch.nn.Parameter(w) for n, w in weights_of(tiny()).items()})),
    _voice("older.pth", "the form before torch 1.6", exported(tiny()), legacy=True),
    _voice("no-version.pth", "no version stated", _without(exported(tiny("40k", 256)), "version")),
    _voice("no-f0.pth", "pitch not stated", _without(exported(tiny()), "f0")),
    _voice("long-kernels.pth", "one kernel too many in config", exported(
        tiny(), config=[*config_of(tiny())[:14], [16, 16, 4, 4, 4], *config_of(tiny())[15:]])),
    _voice("speakers.pth", "speakers with names", exported(
        tiny(), speaker_info=[{"id": 0, "name": "Anna"}, {"id": 1, "name": "Bert"}])),
    _voice("speakers-by-number.pth", "speakers' names by number", exported(
        tiny(), speaker_info={0: "Anna", 1: "Bert"})),
    _voice("numpy.pth", "NumPy numbers and arrays among the facts", exported(
        tiny(), epoch=np.int64(7), loss=np.float64(0.5), curve=np.ones(4),
        config=[np.int64(v) if isinstance(v, int) else v for v in config_of(tiny())])),
    _voice("objects.pth", "settings and paths as objects", exported(
        tiny(), args=Namespace(lr=1.0), path=PurePosixPath("a"), dtype=torch.float16, device=torch.device("cpu"))),
    _voice("G_2333.pth", "training checkpoint", trained(tiny())),
    _voice("G_no-pitch.pth", "training checkpoint without pitch", trained(tiny(has_pitch=False))),
    _voice("G_48k.pth", "training checkpoint with five stages", trained(tiny("48k-v1", 256))),
    _voice("G_rate.pth", "training checkpoint with a stated rate", trained(tiny("32k-v1", 256, has_pitch=False)),
           lambda path: read_voice(path, rate=32_000)),
]  # fmt: skip
MODELS = [
    _model("hubert_base.pt", "fairseq, with its settings", {
        "args": Namespace(layer_norm_first=False), "cfg": None, "model": halved(by_fairseq(random_tensors(ENCODER))),
        "task_state": {}}),
    _model("hubert_older.pt", "fairseq in the form before torch 1.6",
           {"model": by_fairseq(random_tensors(ENCODER))}, legacy=True),
    Case("contentvec", "transformers folder with pytorch_model.bin", write_folder, tiny_model),
    Case("contentvec-st", "transformers folder with model.safetensors",
         lambda path: write_folder(path, safetensors=True), tiny_model),
    Case("spin", "transformers folder without a projection", lambda path: write_folder(path, BARE_ENCODER), tiny_model),
    Case("contentvec.safetensors", "safetensors alone",
         lambda path: save_file(normed_positions(random_tensors(ENCODER), _NEWER), path), tiny_model),
    Case("bfloat.safetensors", "safetensors in bfloat16",
         lambda path: save_file({n: w.bfloat16() for n, w in random_tensors(ENCODER).items()}, path), tiny_model),
    _model("rmvpe.pt", "pitch net, bare", pitch_tensors()),
    _model("rmvpe-trained.pt", "pitch net under the key model", {"model": pitch_tensors()}),
]  # fmt: skip
INDEXES = [
    Case("added.index", "IVF-Flat", lambda path: write(ivf(vectors(9)), path), as_index),
    Case("mapped.index", "IVF-Flat with a map", lambda path: write(ivf(vectors(9), mapped=True), path), as_index),
    Case("sparse.index", "IVF-Flat with most lists empty", lambda path: write(ivf(vectors(9), sparse=True), path),
         as_index),
    Case("flat.index", "Flat", lambda path: write(flat(vectors(9)), path), as_index),
    Case("total_fea.npy", "NumPy array", lambda path: np.save(path, vectors(9)), as_index),
    Case("half.npy", "NumPy array in half precision", lambda path: np.save(path, vectors(9).astype(np.float16)),
         as_index),
    Case("reduced.index", "at most 3 vectors kept", lambda path: write(ivf(vectors(9)), path), fewer),
]  # fmt: skip
ACCEPTED = [*VOICES, *MODELS, *INDEXES]
