"""The few shapes that programs are compiled for. What is smaller is filled up, which changes none of its numbers."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from workers.engines.rvc.windows import LONGEST

#: 10-ms frames in a window of the text encoder and the flow: quarters of the longest.
FRAMES = tuple(2 * LONGEST * quarters // 4 for quarters in (1, 2, 3, 4))
#: 20-ms frames in a window of the content encoder: the same quarters.
CONTENTS = tuple(frames // 2 for frames in FRAMES)
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


def in_whole_shapes(work: Callable[..., Tensor], tracks: Sequence[Tensor], sizes: tuple[int, ...]) -> Tensor:
    """What a program makes of one window `[1, frames, ...]`, which is filled up to one of these sizes for it.

    The program is also told which frames are real. It gets one window alone, so that its numbers do not depend on what
    comes with it.
    """
    frames = tracks[0].shape[1]
    size = whole(frames, sizes)
    real = real_frames(frames, size, tracks[0].device)
    # A program is made for one order of numbers in memory, too, and what needs no filling up is as it came.
    return work(*(filled(track, 1, size).contiguous() for track in tracks), real)[:, :frames]


def real_frames(count: int, size: int, device: torch.device) -> Tensor:
    """`[size, 1]`, true for as many frames as are not there to fill up."""
    return (torch.arange(size, device=device) < count)[:, None]


def only(x: Tensor, real: Tensor | None) -> Tensor:
    """Frames `[batch, frames, width]` with zeros where they only fill a window up, as beyond the ends of any other."""
    return x if real is None else torch.where(real, x, 0.0)
