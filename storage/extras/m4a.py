"""Puts extras into an M4A file by packing its sound anew, every packet as it is."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from storage.extras.extras import Extras, Marker, Picture
from storage.extras.failing import told_in_words

#: Pictures that the format holds, by the codecs that FFmpeg takes them for.
_CODECS = {"image/jpeg": "mjpeg", "image/png": "png"}
#: FFmpeg's own format for M4A takes no pictures; this is the same one under the same name.
_OPTIONS = {"brand": "M4A "}
#: Chapters without any name are not written.
_NAMELESS = {"title": " "}
_MILLISECOND = Fraction(1, 1000)


def write(source: Path, target: Path, tags: Mapping[str, str], extras: Extras, seconds: Fraction) -> None:
    """Copy the file with these tags, and with the pictures and markers."""
    import av

    with (
        told_in_words(source.name, target, None, av.error.FFmpegError),
        av.open(str(source)) as given,
        av.open(str(target), "w", format="mp4", options=_OPTIONS) as made,
    ):
        sound = given.streams.audio[0]
        copied = made.add_stream_from_template(sound, opaque=True)
        named = dict(tags)
        if software := named.pop("software", ""):
            named["encoding_tool"] = software
        if language := named.pop("language", ""):
            copied.metadata["language"] = language
        made.metadata.update(named)
        covers = [(picture, _cover(made, picture)) for picture in extras.pictures if picture.mime in _CODECS]
        if extras.markers:
            made.set_chapters(chapters(extras.markers, seconds))
        for picture, stream in covers:
            made.mux_one(_packet(picture, stream))
        for packet in given.demux(sound):
            if packet.dts is not None:
                packet.stream = copied
                made.mux_one(packet)


def chapters(markers: tuple[Marker, ...], seconds: Fraction) -> list[dict[str, Any]]:
    """The markers as FFmpeg takes chapters: each ends where the next begins."""
    ends = [*(marker.at for marker in markers[1:]), seconds]
    return from_the_beginning(
        [
            {
                "id": number,
                "start": round(marker.at / _MILLISECOND),
                "end": round(max(marker.until or end, marker.at) / _MILLISECOND),
                "time_base": _MILLISECOND,
                "metadata": {"title": marker.label} if marker.label else _NAMELESS,
            }
            for number, (marker, end) in enumerate(zip(markers, ends, strict=True))
        ]
    )


def from_the_beginning(chapters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chapters with one without a name before them, unless the first is at the beginning, where MP4 puts it."""
    if not chapters or chapters[0]["start"] <= 0:
        return chapters
    first = chapters[0]
    return [
        {**first, "id": first["id"] + len(chapters), "start": 0, "end": first["start"], "metadata": _NAMELESS},
        *chapters,
    ]


def _cover(made: Any, picture: Picture) -> Any:
    from av.stream import Disposition

    stream = made.add_mux_stream(_CODECS[picture.mime], width=1, height=1)
    stream.disposition = Disposition.attached_pic
    return stream


def _packet(picture: Picture, stream: Any) -> Any:
    import av

    packet = av.Packet(picture.content)
    packet.stream, packet.pts, packet.dts, packet.is_keyframe = stream, 0, 0, True
    packet.time_base = _MILLISECOND
    return packet
