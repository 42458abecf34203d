"""The formats that results can be written in, and the rates that each of them supports."""

from pathlib import PurePath

from storage.audio.facts import HIGHEST_RATE
from storage.errors import InputError
from storage.spelling import guessed

#: Formats of sound alone.
FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")
#: Formats of pictures with sound.
FILMS = ("mp4", "mov", "mkv", "webm")
#: Formats whose samples come out as they went in.
LOSSLESS = ("wav", "flac")
_ALIASES = {"wave": "wav", "oga": "ogg", "m4v": "mp4", "qt": "mov"}
#: What the sound of a film is encoded as.
_OF_FILM = {"mp4": "m4a", "mov": "m4a", "mkv": "opus", "webm": "opus"}
#: Hz, ascending, of the formats that support only these rates.
_RATES = {
    "mp3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    "opus": (8_000, 12_000, 16_000, 24_000, 48_000),
    "m4a": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000),
}
#: Channels at the most. FLAC and MP3 have no room for more; the other lossy ones could hold more, but take them for
#: loudspeakers around a listener, and thin out the one for the bass. Nobody speaks into more than 64 microphones.
_MOST_CHANNELS = {"wav": 64, "flac": 8, "mp3": 2, "ogg": 2, "opus": 2, "m4a": 2}
#: Hz; above, FLAC stores a rate in tens.
_FLAC_SINGLE_HERTZ = 65_535


def format_of(name: str | PurePath) -> str:
    """The format that a path or an extension names."""
    path = PurePath(name)
    extension = (path.suffix or path.name).lstrip(".").lower()
    found = _ALIASES.get(extension, extension)
    if found not in FORMATS + FILMS:
        none = f"{name} names no format that can be written; use one of the endings {', '.join(FORMATS + FILMS)}"
        raise InputError(guessed(none, extension, FORMATS + FILMS))
    return found


def sound_format(format_: str, depth: str | None) -> str:
    """The format that a result's sound is written in before it joins its pictures; others are their own."""
    if format_ == "mkv" and depth:
        return "flac"
    return _OF_FILM.get(format_, format_)


def writable_rate(format: str, rate: int, depth: str | None = None) -> int:  # noqa: A002 - the word that callers use
    """The rate that this format is written at: the nearest supported one at or above, otherwise its highest."""
    kind = sound_format(format_of(format), depth)
    rates = _RATES.get(kind)
    if rates is None:
        # No recording above that is accepted, and from about 200 kHz on libvorbis crashes.
        rate = min(rate, HIGHEST_RATE)
        return -(-rate // 10) * 10 if kind == "flac" and rate > _FLAC_SINGLE_HERTZ else rate
    return next((known for known in rates if known >= rate), rates[-1])


def most_channels(format: str, depth: str | None = None) -> int:  # noqa: A002 - the word that callers use
    """How many channels files of this format are written with at the most."""
    return _MOST_CHANNELS[sound_format(format_of(format), depth)]


def formats_with(channels: int) -> list[str]:
    """The formats that are written with so many channels."""
    return [kind for kind in FORMATS if channels <= _MOST_CHANNELS[kind]]
