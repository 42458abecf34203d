"""Recognises a file by its first bytes, and says what it is if it is certainly not a model."""

import stat
from enum import Enum
from pathlib import Path

from storage.errors import InputError

#: Bytes; the largest files with a model, training checkpoints with their optimizer, are much smaller.
LARGEST_FILE = 4 << 30

#: Files that torch wrote before it wrote zip archives begin with torch's magic number, pickled.
_LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
_SAMPLE = 512


class Form(Enum):
    """The forms of file that can be read."""

    TORCH_ZIP = "torch archive"
    TORCH_LEGACY = "older torch file"
    SAFETENSORS = "safetensors"
    FAISS = "FAISS index"
    NUMPY = "NumPy array"


def form_of(path: Path) -> Form:
    """The form of this file; raises an error that says what it is instead."""
    mode = path.stat()
    if stat.S_ISDIR(mode.st_mode):
        raise InputError("it is a folder; give the file inside it")
    if not stat.S_ISREG(mode.st_mode):
        raise InputError("it is a device or a pipe; save it to a file first")
    if mode.st_size > LARGEST_FILE:
        raise InputError(f"it has {mode.st_size >> 20} MiB, more than any model; give the model's own file")
    with path.open("rb") as file:
        begin = file.read(_SAMPLE)
    return _by_beginning(begin)


def _by_beginning(begin: bytes) -> Form:
    if not begin:
        raise InputError("it is empty; download or copy it again")
    if begin.startswith(b"PK\x03\x04"):
        return Form.TORCH_ZIP
    if begin.startswith(_LEGACY):
        return Form.TORCH_LEGACY
    if begin.startswith(b"\x93NUMPY"):
        return Form.NUMPY
    # Eight bytes with the header's length, then the header, which is JSON.
    if begin[8:9] == b"{" and begin[5:8] == b"\0\0\0":
        return Form.SAFETENSORS
    if begin[:2] in (b"Iw", b"Ix", b"IH", b"IM", b"Iv"):
        return Form.FAISS
    raise InputError(_what_else(begin))


def _what_else(begin: bytes) -> str:
    if begin.startswith(b"version https://git-lfs"):
        return "it is only a pointer to a file in Git LFS; run `git lfs pull`, or download the file itself"
    if begin.lstrip()[:1] == b"<":
        return "it is a web page, not a model; download the file itself"
    if begin[257:262] == b"ustar":
        return "it is a tar archive, as torch wrote long ago; save it again with a newer torch"
    if begin[:1] == b"\x80":
        return "it is a bare pickle, not a file from torch; save it with torch.save"
    if all(byte in b"\t\n\r" or byte >= 32 for byte in begin):
        return "it is text, not a model; give the model file"
    return "it is not a known form of model file; give a .pth, .pt, .bin or .safetensors file"
