"""Reads the vectors that a voice retrieves from: out of a FAISS index or a NumPy array, fewer of them on request."""

from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from warnings import catch_warnings

import numpy as np

from storage.errors import InputError
from workers.engines.rvc.files.draft import Numbers
from workers.engines.rvc.files.faiss_index import read_faiss
from workers.engines.rvc.files.recognition import Form, form_of


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Vectors, and their number before any were left out."""

    vectors: Numbers
    total: int


def read_index(path: Path, width: int, most: int | None) -> Retrieval:
    """At most `most` vectors of this file, which must be as wide as the voice's content features."""
    vectors = _all_vectors(path)
    if vectors.shape[1] != width:
        raise InputError(
            f"its vectors are {vectors.shape[1]} wide, but the voice needs {width}, so it belongs to another voice;"
            " give the index that came with this one"
        )
    if len(vectors) == 0:
        raise InputError("the index is empty; use the file whose name begins with added_ instead")
    if not np.isfinite(vectors).all():
        raise InputError("the index holds NaN or infinity, so it is broken; get another copy, or leave it out")
    return Retrieval(_evenly(vectors, most), len(vectors))


def check_most(most: int | None) -> None:
    """Refuse to keep no vectors at all."""
    if most is not None and most < 1:
        raise InputError(f"the most vectors to keep is {most}; keep at least 1, or leave the index out")


def _all_vectors(path: Path) -> Numbers:
    form = form_of(path)
    if form is Form.FAISS:
        return read_faiss(path)
    if form is Form.NUMPY:
        return _array(path)
    raise InputError(f"it is a file of the form {form.value}, not an index; give a .index or .npy file")


def _array(path: Path) -> Numbers:
    try:
        # NumPy parses the header as Python, which warns about odd escapes in it.
        with catch_warnings(action="ignore"):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, TypeError, OverflowError, EOFError, SyntaxError, TokenError, RecursionError) as error:
        raise InputError("it is not an intact NumPy array of numbers; copy it again") from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind != "f" or array.dtype.itemsize > 8:
        raise InputError("it does not hold rows of floating-point numbers; give total_fea.npy or an index")
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(array, dtype=np.float32)


def _evenly(vectors: Numbers, most: int | None) -> Numbers:
    """Vectors at even intervals: what is kept was really spoken, and is the same every time."""
    if most is None or len(vectors) <= most:
        return vectors
    return np.ascontiguousarray(vectors[np.arange(most) * len(vectors) // most])
