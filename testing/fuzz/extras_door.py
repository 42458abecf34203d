"""Damaged recordings with tags, markers and covers, and damaged films, for what a result takes over from them."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from storage.audio.extras_there import holds_extras
from storage.audio.read import open_source
from storage.audio.source_file import SourceFile
from storage.audio.write import open_result
from storage.errors import AudioError
from storage.extras.extras import Extras, Step
from storage.extras.film import Film, pack
from storage.extras.reading import read_extras
from storage.extras.writing import write_extras
from testing.broadcast import broadcast, cart, chunk, smpl
from testing.films import film, png, tagged
from testing.fuzz.damage import damaged
from testing.fuzz.door import Door, Seeds
from testing.fuzz.sums import with_ogg_sums
from testing.sounds import tone

RATE = 16_000
_FRAMES = RATE // 4
_FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")
#: By how it begins, the film that is made of one, and the format of its sound; else an MP4.
_FILMS = {b"\x1aE\xdf\xa3": ("mkv", "opus")}
_TAGS: dict[str, Any] = {"album": "An album", "comment": "a comment", "date": "2024", "track": "1/2"}


def seeds() -> dict[str, bytes]:
    """One good recording of each kind that holds extras."""
    return {
        "broadcast": broadcast(0.01),
        "broadcast-rf64": broadcast(0.01, rf64=True),
        "playout": broadcast(0.01, behind=chunk(b"cart", cart()) + chunk(b"smpl", smpl()) + chunk(b"axml", b"<a/>")),
        "flac": tagged("flac", "flac", RATE, cover=png(), **_TAGS),
        "mp3": tagged("mp3", "libmp3lame", RATE, cover=png(), chapters=True, **_TAGS),
        "m4a": tagged("mp4", "aac", RATE, cover=png(), chapters=True, **_TAGS),
        "ogg": tagged("ogg", "libopus", 48_000, **_TAGS),
        "mka": tagged("matroska", "flac", RATE, chapters=True, **_TAGS),
        "film-mp4": film("mp4"),
        "film-mkv": film("matroska"),
    }


def make(random: Random, seeds: Seeds) -> bytes:
    """One of them, damaged; Ogg's checksums are mostly corrected, or the code behind them would never be reached."""
    name = random.choice(list(seeds))
    content = damaged(seeds[name], random, list(seeds.values()))
    return with_ogg_sums(content) if content.startswith(b"OggS") and random.random() < 0.8 else content


def read(content: bytes, folder: Path) -> int:
    """How much was found, put into a result of a format that follows from the content; a film is packed anew."""
    holds_extras(SourceFile(BytesIO(content), "talk"))
    extras = read_extras(BytesIO(content), "talk")
    format_ = _FORMATS[sum(content) % len(_FORMATS)]
    path = _result(folder, format_)
    step = Step(48_000, RATE, 1, "16" if format_ in ("wav", "flac") else "")
    write_extras(path, format_, {"title": "A title"}, extras, step, Fraction(_FRAMES, RATE))
    with open_source(path, "result") as source:
        frames = sum(map(len, source.blocks()))
    assert frames >= _FRAMES, f"{frames} samples came back of {_FRAMES}"
    if b"Hello" in content:
        _pack(content, folder)
    return _found(extras)


def _found(extras: Extras) -> int:
    chunks = (extras.bext, extras.ixml, extras.cart, extras.smpl, *(body for _, body in extras.as_they_are))
    return len(extras.tags) + len(extras.pictures) + len(extras.markers) + sum(map(len, chunks))


def _pack(content: bytes, folder: Path) -> None:
    format_, sound = _FILMS.get(content[:4], ("mp4", "m4a"))
    try:
        pack(
            Film("talk", format_, 0, keep_original=True, rate=RATE, frames=_FRAMES, allow_truncated=True),
            BytesIO(content), _result(folder, sound), folder / f"film.{format_}", lambda: None,
        )  # fmt: skip
    except AudioError:
        # It was not refused for its tags, which is what this door is about.
        assert not (folder / f"film.{format_}").exists(), "a part of a film is left"


def _result(folder: Path, format_: str) -> Path:
    path = folder / f"result.{format_}"
    path.unlink(missing_ok=True)
    with open_result(path, rate=RATE, format=format_, frames=_FRAMES) as result:
        result.write(tone(_FRAMES, RATE))
    return path


DOOR = Door("extras", seeds, make, read)
