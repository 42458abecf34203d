"""Indexes of vectors, byte by byte as FAISS writes them."""

from pathlib import Path
from struct import pack

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
L2, INNER_PRODUCT = 1, 0


def vectors(count: int, width: int = 768) -> Vectors:
    """The same vectors every time."""
    return np.random.default_rng(3).standard_normal((count, width)).astype(np.float32)


def _header(kind: bytes, width: int, total: int, metric: int) -> bytes:
    return kind + pack("<iqqqBi", width, total, 1 << 20, 1 << 20, 1, metric)


def flat(rows: Vectors, metric: int = L2) -> bytes:
    """A flat index."""
    kind = b"IxF2" if metric == L2 else b"IxFI"
    return _header(kind, rows.shape[1], len(rows), metric) + pack("<Q", rows.size) + rows.tobytes()


def ivf(rows: Vectors, lists: int = 4, *, sparse: bool = False, metric: int = L2, mapped: bool = False) -> bytes:
    """An IVF-Flat index with the rows dealt out to its lists in turn; a sparse one has them all in the second list."""
    dealt = [np.arange(len(rows))[(n if not sparse else 1 - n) :: lists if not sparse else 1] for n in range(lists)]
    if sparse:
        dealt = [np.arange(len(rows)) if n == 1 else np.arange(0) for n in range(lists)]
    centres = np.zeros((lists, rows.shape[1]), np.float32)
    whole = _header(b"IwFl", rows.shape[1], len(rows), metric) + pack("<QQ", lists, 1) + flat(centres, metric)
    whole += pack("<BQ", 1, len(rows)) + bytes(8 * len(rows)) if mapped else pack("<BQ", 0, 0)
    whole += b"ilar" + pack("<QQ", lists, 4 * rows.shape[1])
    if sparse:
        whole += b"sprs" + pack("<QQQ", 2, 1, len(rows))
    else:
        whole += b"full" + pack("<Q", lists) + b"".join(pack("<Q", len(ids)) for ids in dealt)
    # Each list is in reverse, so that only the numbers tell the order.
    for ids in (ids[::-1] for ids in dealt if len(ids)):
        whole += rows[ids].tobytes() + ids.astype("<i8").tobytes()
    return whole


def write(content: bytes, path: Path) -> Path:
    """Write bytes to a file."""
    path.write_bytes(content)
    return path
