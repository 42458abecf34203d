"""Channels as loudspeakers around a listener: which formats name them, and in which order."""

from storage.audio.formats import format_of, most_channels, sound_format

#: Loudspeakers by the names and in the orders of FFmpeg, and where each stands in Vorbis and Opus.
_OF_XIPH: dict[str, tuple[int, ...]] = {
    "3.0": (0, 2, 1),
    "quad": (0, 1, 2, 3),
    "5.0": (0, 2, 1, 3, 4),
    "5.1": (0, 2, 1, 4, 5, 3),
    "6.1": (0, 2, 1, 5, 6, 4, 3),
    "7.1": (0, 2, 1, 6, 7, 4, 5, 3),
}
#: What AAC has a number for, and FFmpeg a way to hand over; others would come out as channels of no name.
_OF_AAC = ("3.0", "4.0", "quad", "5.0", "5.1")
_KNOWN = {"ogg": tuple(_OF_XIPH), "opus": tuple(_OF_XIPH), "m4a": _OF_AAC}
#: The same loudspeakers a little further forward, for which these formats have one word.
_ALSO = {"quad(side)": "quad", "5.0(side)": "5.0", "5.1(side)": "5.1"}


def layout_in(format_: str, depth: str | None, layout: str) -> str:
    """What the sound of a result in this format calls such loudspeakers; empty if it has no name for them."""
    name = _ALSO.get(layout, layout)
    return name if name in _KNOWN.get(sound_format(format_of(format_), depth), ()) else ""


def names_loudspeakers(format_: str, depth: str | None) -> bool:
    """Whether a result in this format can have more channels where they are for loudspeakers."""
    return sound_format(format_of(format_), depth) in _KNOWN


def has_room(format_: str, depth: str | None, channels: int, layout: str) -> bool:
    """Whether a result in this format can have so many channels that are for these loudspeakers."""
    return channels <= most_channels(format_, depth) or bool(layout_in(format_, depth, layout))


def xiph_order(layout: str) -> list[int] | None:
    """Which of FFmpeg's channels stand in which place of Vorbis and Opus; None where they stand as they are."""
    order = _OF_XIPH.get(layout)
    return None if order is None else list(order)
