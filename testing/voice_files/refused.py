"""One file of every kind that is refused, with a part of the error."""

import os
import pickle
import zipfile
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from testing.voice_files.archives import Calling, Place, View, pickled, repacked, restated, write_archive
from testing.voice_files.case import Case, as_index, tiny_model
from testing.voice_files.indexes import INNER_PRODUCT, flat, ivf, vectors, write
from testing.voice_files.models import ENCODER, by_fairseq, pitch_tensors, random_tensors, write_folder
from testing.voice_files.voices import (
    Tensors,
    config_of,
    exported,
    halved,
    save,
    tiny,
    trained,
    weights_of,
    with_extras,
)
from workers.engines.rvc.files.voice_file import read_voice

_UPS = "dec.ups.0.weight"


def _voice(file: str, what: str, says: str, **changes: Any) -> Case:
    return Case(file, what, lambda path: save(exported(tiny(), **changes), path), says=says)


def _weights(file: str, what: str, says: str, change: Callable[[Tensors], object]) -> Case:
    def write_it(path: Path) -> None:
        weights = halved(weights_of(tiny()))
        change(weights)
        save(exported(tiny(), weight=weights), path)

    return Case(file, what, write_it, says=says)


def _config(file: str, what: str, says: str, at: int, value: object) -> Case:
    values = config_of(tiny())
    values[at] = value
    return _voice(file, what, says, config=values)


def _index(file: str, what: str, says: str, content: bytes) -> Case:
    return Case(file, what, lambda path: write(content, path), as_index, says)


def _broken_rows() -> np.ndarray[Any, np.dtype[np.float32]]:
    rows = vectors(9)
    rows[4, 7] = np.nan
    return rows


def _spoilt(number: float) -> Callable[[Tensors], object]:
    return lambda weights: weights["dec.conv_pre.weight"].view(-1)[3:4].fill_(number)


def _renamed(ends: str) -> Callable[[str, bytes], tuple[str, bytes]]:
    return lambda name, content: (ends if name.endswith("/data/3") else name, content)


def _twice(path: Path) -> None:
    save(exported(tiny()), path)
    repacked(path, lambda name, content: (name, content))
    path.write_bytes(path.read_bytes().replace(b"/data/11", b"/data/12"))


def _tensor(place: Place, offset: int, sizes: tuple[int, ...], strides: tuple[int, ...]) -> Callable[[Path], object]:
    said = exported(tiny(), weight={"emb_g.weight": View(place, offset, sizes, strides)})
    return lambda path: write_archive(path, pickled(said), {"0": bytes(4 * 12)})


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"data/0") + 200] ^= 0xFF
    path.write_bytes(content)


def _other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.jpg", b"a picture")


def _cut_safetensors(path: Path) -> None:
    save_file(random_tensors(ENCODER), path)
    path.write_bytes(path.read_bytes()[:-9])


_PLACE = Place("0", torch.FloatStorage, 12)
#: The file that would be left behind if a model's code were run.
MARKER = "it-was-run"
HOSTILE = [
    Case("system.pth", "a pickle that would run a command", lambda path: save(
        exported(tiny(), info=Calling(os.system, f"touch {path.parent / MARKER}")), path), says="posix.system"),
    Case("system-older.pth", "the same in the form before torch 1.6", lambda path: save(
        exported(tiny(), info=Calling(os.system, f"touch {path.parent / MARKER}")), path, legacy=True),
        says="posix.system"),
    Case("exec.pth", "a pickle that would run Python", lambda path: save(
        exported(tiny(), info=Calling(exec, f"open({str(path.parent / MARKER)!r}, 'w')")), path),
        says="__builtin__.exec"),
    Case("hidden.pth", "the same in a part that is dropped", lambda path: save(
        trained(tiny(), optimizer=[Calling(eval, f"open({str(path.parent / MARKER)!r}, 'w')")]), path),
        says="__builtin__.eval"),
    Case("getattr.pth", "a pickle that reaches for attributes", lambda path: save(
        exported(tiny(), info=Calling(getattr, Namespace(a=1), "a")), path), says="__builtin__.getattr"),
    Case("dotted.pth", "a name that leads out of its module", lambda path: write_archive(
        path, b"\x80\x04\x8c\x0dfairseq.utils\x8c\x09Os.system\x93\x8c\x04true\x85R."), says="fairseq.utils.Os.system"),
    Case("system.bin", "a content encoder that would run a command", lambda path: save(
        {"model": by_fairseq(random_tensors(ENCODER)), "args": Calling(os.system, f"touch {path.parent / MARKER}")},
        path), tiny_model, "posix.system"),
    Case("whole-net.pth", "a whole net, pickled", lambda path: save(torch.nn.Linear(2, 2), path),
         says="torch.nn.modules.linear.Linear"),
]  # fmt: skip
ARCHIVES = [
    Case("truncated.pth", "an archive that ends early", lambda path: write(
        save(exported(tiny()), path).read_bytes()[:-4000], path), says="is truncated or damaged"),
    Case("flipped.pth", "an archive with a damaged tensor", lambda path: _damage(save(exported(tiny()), path)),
         says="is truncated or damaged"),
    Case("truncated-older.pth", "an older file that ends early", lambda path: write(
        save(exported(tiny()), path, legacy=True).read_bytes()[:-40], path), says="is truncated"),
    Case("bomb.pth", "entries that expand", lambda path: repacked(save(exported(tiny()), path), lambda name, content: (
        name, bytes(1 << 20) if name.endswith("/data/0") else content), zipfile.ZIP_DEFLATED), says="would expand"),
    Case("overstated.pth", "an entry that states more than the file has", lambda path: restated(
        repacked(save(exported(tiny()), path), lambda name, content: (name, content)), "overstated/data/0", 1 << 31),
        says="claim more bytes than the whole file has"),
    Case("twice.pth", "an entry that occurs twice", _twice, says="twice"),
    Case("outside.pth", "an entry that points outside", lambda path: repacked(
        save(exported(tiny()), path), _renamed("../../outside")), says="points outside"),
    Case("lacking.pth", "a storage that is missing", lambda path: repacked(
        save(exported(tiny()), path), _renamed("elsewhere")), says="storage 3 are missing"),
    Case("big-endian.pth", "numbers in big-endian byte order", lambda path: write_archive(
        path, pickled({}), byteorder=b"big"), says="byte order"),
    Case("program.pth", "a TorchScript program", lambda path: write_archive(
        path, pickled({}), None, **{"code/__torch__.py": b"pass"}), says="TorchScript"),
    Case("photos.zip", "another zip archive", _other_zip, says="not one from torch"),
    Case("offset.pth", "a tensor that begins beyond its storage", _tensor(_PLACE, 9, (4, 3), (3, 1)),
         says="beyond the 12"),
    Case("expanded.pth", "a tensor that repeats its storage", _tensor(_PLACE, 0, (4000, 4000), (0, 0)),
         says="beyond the 12"),
    Case("claims.pth", "a storage stated longer than it is", _tensor(
        Place("0", torch.FloatStorage, 999), 0, (4, 3), (3, 1)), says="should hold 3996 bytes"),
    Case("negative.pth", "a tensor with strides below zero", _tensor(_PLACE, 11, (4, 3), (-3, -1)),
         says="not whole numbers"),
    Case("nothing.pth", "an empty file", lambda path: write(b"", path), says="is empty"),
    Case("notes.pth", "a text file", lambda path: write(b"my favourite voices\n", path), says="is text"),
    Case("page.pth", "a web page", lambda path: write(b"<!DOCTYPE html><html></html>", path), says="web page"),
    Case("pointer.pth", "a pointer to a file in Git LFS", lambda path: write(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", path), says="Git LFS"),
    Case("bare.pth", "a pickle without torch", lambda path: write(pickle.dumps({"weight": {}}), path),
         says="bare pickle"),
    Case("sound.pth", "a sound file", lambda path: write(b"RIFF\x10\0\0\0WAVEfmt \x01", path), says="not a known form"),
    Case("folder.pth", "a folder", lambda path: path.mkdir(), says="is a folder"),
    Case("absent.pth", "a file that does not exist", lambda path: None, says="No such file"),
]  # fmt: skip
VOICES = [
    Case("refinegan.pth", "another generator by its name", lambda path: save(
        with_extras(tiny(), vocoder="RefineGAN"), path), says="generator is RefineGAN"),
    Case("mrf.pth", "another generator by its name", lambda path: save(
        with_extras(tiny(), vocoder="MRF HiFi-GAN"), path), says="generator is MRF HiFi-GAN"),
    _weights("refinegan-keys.pth", "another generator by its tensors", "generator is RefineGAN",
             lambda w: w.update({"dec.mel_conv.weight": torch.ones(2)})),
    _weights("mrf-keys.pth", "another generator by its tensors", "generator is MRF HiFi-GAN",
             lambda w: w.update({"dec.mrfs.0.0.weight": torch.ones(2)})),
    Case("custom.pth", "a custom content encoder", lambda path: save(
        with_extras(tiny(), embedder_model="custom"), path), says="custom content encoder"),
    Case("embedder-path.pth", "a content encoder by its path", lambda path: save(
        with_extras(tiny(), embedder_model="C:\\models\\mine"), path), says="custom content encoder"),
    Case("unknown-embedder.pth", "a content encoder that is not known", lambda path: save(
        with_extras(tiny(), embedder_model="whisper-tiny"), path), says="'whisper-tiny', which is not known"),
    _voice("layer.pth", "another layer of the content encoder", "layer 11", embedder_output_layer=11),
    _voice("nineteen.pth", "a config of 19 values", "19 values", config=[*config_of(tiny()), 768]),
    _voice("no-config.pth", "no config", "not a list", config=None),
    _config("resblock.pth", "another kind of residual block", "residual blocks that RVC voices", 9, "2"),
    _config("rates.pth", "rates that are not numbers", "no sensible upsampling rates", 12, ["10", "10"]),
    _config("layers.pth", "absurdly many layers", "no sensible layers", 6, 10**9),
    _config("parity.pth", "kernels that do not match their rates", "contradict each other", 14, [15, 16, 4, 4]),
    Case("44k.pth", "44.1 kHz with 512 samples a frame", lambda path: save(exported(replace(
        tiny(), rate=44_100, upsample_rates=(8, 8, 2, 2, 2), upsample_kernels=(16, 16, 4, 4, 4))), path),
        says="makes 512 samples per frame, but 44100 Hz needs 441"),
    _config("heads.pth", "a config for another net", "emb_rel_k is 1 x 21 x 2, but", 5, 1),
    _weights("missing.pth", "a missing tensor", f"lacks the tensor {_UPS}", lambda w: w.pop(_UPS)),
    _weights("surplus.pth", "one tensor too many", "has the tensor dec.extra",
             lambda w: w.update({"dec.extra": torch.ones(2)})),
    _weights("shape.pth", "a tensor of another shape", "dec.conv_pre.weight is 2 x 3 x 7, but",
             lambda w: w.update({"dec.conv_pre.weight": torch.ones(2, 3, 7)})),
    _weights("half-normed.pth", "a length without its direction", "lacks the tensor dec.ups.0.weight",
             lambda w: w.update({"dec.ups.0.weight_g": w.pop(_UPS)})),
    _weights("wrong-norm.pth", "a length of another shape", "of no proper shape", lambda w: w.update(
        {"dec.ups.0.weight_v": w.pop(_UPS), "dec.ups.0.weight_g": torch.ones(1, 1, 1)})),
    _weights("zero-norm.pth", "a direction of nothing", "dec.ups.0.weight holds NaN", lambda w: w.update(
        {"dec.ups.0.weight_v": 0 * w.pop(_UPS), "dec.ups.0.weight_g": torch.ones(32, 1, 1)})),
    _weights("nan.pth", "a weight that is not a number", "dec.conv_pre.weight holds NaN", _spoilt(float("nan"))),
    _weights("inf.pth", "an infinite weight", "dec.conv_pre.weight holds NaN or infinity", _spoilt(float("inf"))),
    _weights("quantized.pth", "weights as whole numbers", "of type int8", lambda w: w.update(
        {"dec.conv_pre.weight": w["dec.conv_pre.weight"].char()})),
    _weights("no-tensor.pth", "a weight that is a list", "dec.conv_pre.weight is not a tensor",
             lambda w: w.update({"dec.conv_pre.weight": [1.0]})),
    _weights("width.pth", "content features of another width", "features 512 wide", lambda w: w.update(
        {"enc_p.emb_phone.weight": torch.ones(4, 512)})),
    _voice("version.pth", "a version that its weights contradict", "version is v1, but", version="v1"),
    _voice("f0.pth", "nothing clear about pitch", "f0 is neither 0 nor 1", f0="maybe"),
    Case("G_open.pth", "a training checkpoint that leaves its rate open", lambda path: save(
        trained(tiny("48k-v1", 256, has_pitch=False)), path), says="32000 or 48000 Hz; state the rate"),
    Case("G_other-rate.pth", "a training checkpoint with another rate than stated", lambda path: save(
        trained(tiny()), path), lambda path: read_voice(path, rate=48_000), "which no known voice does"),
    Case("D_2333.pth", "the discriminator", lambda path: save(
        {"model": {"discriminators.0.convs.0.weight": torch.ones(2)}}, path), says="is the discriminator"),
    Case("rmvpe.pth", "a pitch net instead of a voice", lambda path: save(pitch_tensors(), path),
         says="add models from their files"),
    Case("other.pth", "a dictionary of something else", lambda path: save({"a": torch.ones(2)}, path),
         says="no weights of a voice"),
    Case("list.pth", "a list", lambda path: save([torch.ones(2)], path), says="no dictionary"),
    Case("voice.safetensors", "safetensors instead of a voice", lambda path: save_file({"a": torch.ones(2)}, path),
         says="not one from torch"),
]  # fmt: skip
MODELS = [
    Case("other.safetensors", "safetensors of something else", lambda path: save_file({"a": torch.ones(2)}, path),
         tiny_model, "neither a content encoder nor"),
    Case("truncated.safetensors", "safetensors that end early", _cut_safetensors, tiny_model,
         "not a valid safetensors file"),
    Case("stable", "a folder with its norms first", lambda path: write_folder(path, do_stable_layer_norm=True),
         tiny_model, "do_stable_layer_norm = True"),
    Case("large", "a folder with a larger net", lambda path: write_folder(path, num_hidden_layers=24), tiny_model,
         "num_hidden_layers = 24"),
    Case("no-config", "a folder without config.json", lambda path: (write_folder(path) / "config.json").unlink(),
         tiny_model, "hold config.json and"),
    Case("bad-config", "a folder whose config.json is not JSON", lambda path: write(
        b"{", write_folder(path) / "config.json"), tiny_model, "is not valid JSON"),
    Case("norm-first.pt", "fairseq with norms first", lambda path: save(
        {"args": Namespace(layer_norm_first=True), "model": by_fairseq(random_tensors(ENCODER))}, path), tiny_model,
        "norms before the layers"),
    Case("missing.pt", "a content encoder that lacks a tensor", lambda path: save(
        {"model": {n: t for n, t in by_fairseq(random_tensors(ENCODER)).items() if n != "encoder.layers.1.fc2.bias"}},
        path), tiny_model, "lacks the tensor encoder.layers.1.feed_forward.output_dense.bias"),
    Case("surplus.pt", "a pitch net with one tensor too many", lambda path: save(
        pitch_tensors() | {"fc.2.weight": torch.ones(2)}, path), tiny_model, "has the tensor fc.2.weight"),
    Case("voice.pth", "a voice instead of a model", lambda path: save(exported(tiny()), path), tiny_model,
         "neither a content encoder nor"),
]  # fmt: skip
INDEXES = [
    _index("other-voice.index", "an index of another voice", "256 wide, but the voice needs",
           ivf(vectors(9, 256))),
    _index("trained.index", "an index that is trained but empty", "added_", ivf(vectors(0))),
    _index("inner.index", "an index by inner product", "inner product", ivf(vectors(9), metric=INNER_PRODUCT)),
    _index("flat-inner.index", "a flat index by inner product", "inner product", flat(vectors(9), INNER_PRODUCT)),
    _index("quantized.index", "another kind of index", "of the kind IwPQ", b"IwPQ" + bytes(99)),
    _index("cut.index", "an index that ends early", "ends before its vectors do", ivf(vectors(9))[:-900]),
    _index("lists.index", "an index that contradicts itself", "contradicts itself", ivf(vectors(9)).replace(
        b"full\x04", b"full\x03")),
    _index("nan.index", "an index that holds NaN", "NaN or infinity", flat(_broken_rows())),
    Case("objects.npy", "an array of pickled objects", lambda path: np.save(
        path, np.array([{"a": 1}], dtype=object), allow_pickle=True), as_index, "not an intact NumPy array"),
    Case("row.npy", "an array of one dimension", lambda path: np.save(path, np.ones(768)), as_index,
         "does not hold rows"),
    _index("cut.npy", "an array that ends early", "not an intact NumPy array",
           b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (99, 768), }      \n"),
]  # fmt: skip
REFUSED = [*HOSTILE, *ARCHIVES, *VOICES, *MODELS, *INDEXES]
