"""Whatever happens to a file's bytes, reading it soon ends with a draft or a refusal."""

import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import InputError
from testing.voice_files.accepted import MODELS
from testing.voice_files.archives import write_archive
from testing.voice_files.case import Case, tiny_model
from testing.voice_files.indexes import flat, ivf, vectors, write
from testing.voice_files.voices import exported, save, tiny
from workers.engines.rvc.files.draft import Draft
from workers.engines.rvc.files.index_file import Retrieval, read_index


@dataclass(frozen=True, slots=True)
class Sound:
    """The bytes of a valid file, and what reads them."""

    file: str
    content: bytes
    read: Callable[[Path], Draft | Retrieval]


def of_case(case: Case) -> Sound:
    with tempfile.TemporaryDirectory() as name:
        case.write(Path(name) / case.file)
        return Sound(case.file, (Path(name) / case.file).read_bytes(), case.read)


def as_vectors(path: Path) -> Retrieval:
    return read_index(path, 768, None)


VOICE = of_case(Case("voice.pth", "", lambda path: save(exported(tiny()), path)))
FILES = [
    VOICE,
    of_case(Case("older.pth", "", lambda path: save(exported(tiny()), path, legacy=True))),
    of_case(next(case for case in MODELS if case.file == "contentvec.safetensors")),
    Sound("full.index", ivf(vectors(5)), as_vectors),
    Sound("sparse.index", ivf(vectors(5), sparse=True), as_vectors),
    Sound("flat.index", flat(vectors(5)), as_vectors),
]
NPY = b"\x93NUMPY\x01\x00v\x00"

#: Where bytes are changed, as a share of the file, and their new values; and where the file is cut.
Changes = list[tuple[float, int]]
changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)
cuts = st.floats(0, 1)
#: A file's structure is at its ends, so they are changed as often as everything in between.
ends = st.lists(st.tuples(st.integers(-400, 400), st.integers(0, 255)), min_size=1, max_size=8)

quickly = settings(
    max_examples=25,
    deadline=timedelta(seconds=10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)


def read_changed(sound: Sound, change: Callable[[bytearray], bytes | bytearray]) -> None:
    """Read a changed file; anything but a draft or a refusal fails the test."""
    with tempfile.TemporaryDirectory() as name:
        path = write(bytes(change(bytearray(sound.content))), Path(name) / sound.file)
        with suppress(InputError):
            drawn = sound.read(path)
            assert np.isfinite(
                drawn.vectors if isinstance(drawn, Retrieval) else next(iter(drawn.weights.values()))
            ).all()


def changed(content: bytearray, where: Changes) -> bytearray:
    for share, value in where:
        content[int(share * len(content))] = value
    return content


@pytest.mark.parametrize("sound", FILES, ids=lambda sound: sound.file)
@given(where=changes)
@quickly
def test_changed_bytes_end_in_a_draft_or_a_refusal(sound: Sound, where: Changes) -> None:
    read_changed(sound, lambda content: changed(content, where))


@pytest.mark.parametrize("sound", FILES, ids=lambda sound: sound.file)
@given(where=ends)
@quickly
def test_changed_ends_end_in_a_draft_or_a_refusal(sound: Sound, where: list[tuple[int, int]]) -> None:
    def change(content: bytearray) -> bytearray:
        for at, value in where:
            content[at] = value
        return content

    read_changed(sound, change)


@pytest.mark.parametrize("sound", FILES, ids=lambda sound: sound.file)
@given(kept=cuts)
@quickly
def test_cut_files_end_in_a_draft_or_a_refusal(sound: Sound, kept: float) -> None:
    read_changed(sound, lambda content: content[: int(kept * len(content))])


@given(where=changes)
@settings(quickly, max_examples=80)
def test_a_changed_pickle_in_a_valid_archive_ends_in_a_draft_or_a_refusal(where: Changes) -> None:
    def change(content: bytearray) -> bytes:
        with tempfile.TemporaryDirectory() as name:
            path = write(bytes(content), Path(name) / "sound.pth")
            with zipfile.ZipFile(path) as archive:
                entries = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
            data = changed(bytearray(entries.pop("data.pkl")), where)
            return write_archive(path, bytes(data), None, **entries).read_bytes()

    read_changed(VOICE, change)


@given(content=st.binary(max_size=600))
@settings(quickly, max_examples=200)
def test_any_bytes_end_in_a_refusal(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = write(content, Path(name) / "any.bin")
        with pytest.raises(InputError):
            tiny_model(path)
        with pytest.raises(InputError):
            as_vectors(path)


@given(header=st.text(max_size=80))
@settings(quickly, max_examples=100)
def test_any_header_of_an_array_ends_in_a_refusal(header: str) -> None:
    said = header.encode()[:118]
    with tempfile.TemporaryDirectory() as name, pytest.raises(InputError):
        as_vectors(write(NPY + said.ljust(118), Path(name) / "any.npy"))
