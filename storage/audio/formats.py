"""The formats that results can be written in, and the rates that each of them supports."""

from pathlib import PurePath

from storage.audio.facts import HIGHEST_RATE
from storage.errors import InputError
from storage.spelling import guessed

FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")
_ALIASES = {"wave": "wav", "oga": "ogg", "mp4": "m4a"}
#: Hz, ascending, of the formats that support only these rates.
_RATES = {
    "mp3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    "opus": (8_000, 12_000, 16_000, 24_000, 48_000),
    "m4a": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000),
}
#: Hz; above, FLAC stores a rate in tens.
_FLAC_SINGLE_HERTZ = 65_535


def format_of(name: str | PurePath) -> str:
    """The format that a path or an extension names."""
    path = PurePath(name)
    extension = (path.suffix or path.name).lstrip(".").lower()
    found = _ALIASES.get(extension, extension)
    if found not in FORMATS:
        none = f"{name} names no format that can be written; use one of the endings {', '.join(FORMATS)}"
        raise InputError(guessed(none, extension, FORMATS))
    return found


def writable_rate(format: str, rate: int) -> int:  # noqa: A002 - the word that callers use
    """The rate that this format is written at: the nearest supported one at or above, otherwise its highest."""
    kind = format_of(format)
    rates = _RATES.get(kind)
    if rates is None:
        # No recording above that is accepted, and from about 200 kHz on libvorbis crashes.
        rate = min(rate, HIGHEST_RATE)
        return -(-rate // 10) * 10 if kind == "flac" and rate > _FLAC_SINGLE_HERTZ else rate
    return next((known for known in rates if known >= rate), rates[-1])
