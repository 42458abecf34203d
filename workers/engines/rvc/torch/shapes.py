"""The few shapes that programs are compiled for. What is smaller is filled up, which changes none of its numbers."""

import torch
from torch import Tensor
from torch.nn import functional as F

from workers.engines.rvc.windows import LONGEST

#: 10-ms frames in a window of the text encoder and the flow: quarters of the longest.
FRAMES = tuple(2 * LONGEST * quarters // 4 for quarters in (1, 2, 3, 4))
#: Tiles at a time: those of an atom of usual length, or fewer where a device has no room for them. Batches are always
#: full, with tiles of other atoms or with silence, because a program for another number gives other last digits. Of 12
#: tiles, a million and a half samples pass through the generator's last stage at a time, which keeps a device busy;
#: more would only be wasted where an atom is converted alone.
TILES = (4, 12)
#: Programs that one function may have: these shapes, for every architecture of voices that there is in public, twice,
#: because some are without pitch. More would be a fault of ours and must not go unnoticed.
MOST_PROGRAMS = 64


def whole(size: int, sizes: tuple[int, ...]) -> int:
    """The smallest of these sizes that holds so many."""
    return next((known for known in sizes if known >= size), size)


def filled(x: Tensor, dim: int, size: int) -> Tensor:
    """The tensor with zeros behind it in one dimension."""
    if x.shape[dim] == size:
        return x
    return F.pad(x, (0, 0) * (x.dim() - 1 - dim) + (0, size - x.shape[dim]))


def real_frames(count: int, size: int, device: torch.device) -> Tensor:
    """`[size, 1]`, true for as many frames as are not there to fill up."""
    return (torch.arange(size, device=device) < count)[:, None]


def only(x: Tensor, real: Tensor | None) -> Tensor:
    """Frames `[batch, frames, width]` with zeros where they only fill a window up, as beyond the ends of any other."""
    return x if real is None else torch.where(real, x, 0.0)
