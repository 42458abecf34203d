"""Puts extras into an MP3 file: a tag before its sound, which stays as it is, its counts of frames included."""

import shutil
from collections.abc import Mapping
from fractions import Fraction
from typing import BinaryIO

from storage.extras import id3
from storage.extras.extras import Extras


def write(source: BinaryIO, target: BinaryIO, tags: Mapping[str, str], extras: Extras, seconds: Fraction) -> None:
    """Copy the file with a tag in the place of its own."""
    source.seek(0)
    source.seek(id3.size_at(source.read(10)))
    target.write(id3.packed(tags, extras.pictures, extras.markers, seconds))
    shutil.copyfileobj(source, target, 1 << 20)
