"""A file to import: how it is made, how it is read, and what the refusal says, if there is one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testing.voice_files.models import ENCODER, PITCH
from testing.voice_files.voices import exported, save, tiny
from workers.engines.rvc.files.draft import Draft
from workers.engines.rvc.files.model_file import read_model
from workers.engines.rvc.files.voice_file import read_voice

Reader = Callable[[Path], Draft]


@dataclass(frozen=True, slots=True)
class Case:
    """One file or folder."""

    file: str
    what: str
    write: Callable[[Path], object]
    read: Reader = read_voice
    says: str = ""

    def run(self, folder: Path) -> Draft:
        """Make the file in this folder and read it."""
        path = folder / self.file
        self.write(path)
        return self.read(path)


def tiny_model(path: Path) -> Draft:
    """Read a model with few channels."""
    return read_model(path, ENCODER, PITCH)


def as_index(path: Path) -> Draft:
    """Read the index of a voice of version 2."""
    return read_voice(save(exported(tiny()), path.with_name("voice.pth")), path)


def fewer(path: Path) -> Draft:
    """The same, keeping at most three vectors."""
    return read_voice(save(exported(tiny()), path.with_name("voice.pth")), path, 3)
