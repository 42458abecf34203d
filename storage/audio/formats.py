"""The formats that results can be written in, and the rates that each of them knows."""

from pathlib import PurePath

from storage.audio.facts import HIGHEST_RATE
from storage.errors import InputError

FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")
_ALIASES = {"wave": "wav", "oga": "ogg", "mp4": "m4a"}
#: Hz, ascending, of the formats that know only these.
_RATES = {
    "mp3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    "opus": (8_000, 12_000, 16_000, 24_000, 48_000),
    "m4a": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000),
}
#: Hz; above, FLAC writes a rate in tens.
_FLAC_SINGLE_HERTZ = 65_535


def format_of(name: str | PurePath) -> str:
    """The format that a path or an extension stands for."""
    path = PurePath(name)
    extension = (path.suffix or path.name).lstrip(".").lower()
    found = _ALIASES.get(extension, extension)
    if found not in FORMATS:
        raise InputError(f"{name} names no format that can be written; end it in one of {', '.join(FORMATS)}")
    return found


def writable_rate(format: str, rate: int) -> int:  # noqa: A002 - the word that callers use
    """The rate that this format will be written at: the nearest it knows at or above, else its highest."""
    kind = format_of(format)
    rates = _RATES.get(kind)
    if rates is None:
        # Nothing above is ever read, and from about 200 kHz on libvorbis crashes.
        rate = min(rate, HIGHEST_RATE)
        return -(-rate // 10) * 10 if kind == "flac" and rate > _FLAC_SINGLE_HERTZ else rate
    return next((known for known in rates if known >= rate), rates[-1])
