"""A door of the product: something that reads what others made, and the bad input for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from storage.errors import VoicefarmError

#: Good input by name, from which bad input is made.
Seeds = Mapping[str, bytes]
Make = Callable[[Random, Seeds], bytes]
#: Reads one input; the folder is empty and for this input alone.
Open = Callable[[bytes, Path], object]


@dataclass(frozen=True, slots=True)
class Door:
    """A door and its input, which is always bytes, so that whatever breaks the door can be kept as a file."""

    name: str
    seeds: Callable[[], dict[str, bytes]]
    make: Make
    open: Open
    #: The errors with which it may refuse.
    refusal: type[VoicefarmError] = VoicefarmError
    #: Words that no error may contain, because they are used as secrets.
    secrets: tuple[str, ...] = ()


def nth_input(door: Door, seeds: Seeds, seed: int, number: int) -> bytes:
    """The bad input of this seed and number: always the same bytes, in any process and order."""
    return door.make(Random(f"{door.name}/{seed}/{number}"), seeds)


def write_seeds(door: Door, folder: Path) -> Path:
    """Make the good input only once: torch takes seconds to import, and writes addresses into its older files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in door.seeds().items():
        (folder / name).write_bytes(content)
    return folder


def read_seeds(folder: Path) -> Seeds:
    """The good input, always in the same order."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
