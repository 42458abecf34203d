"""Films of a few seconds, and recordings with tags and covers, made for the tests."""

import struct
import zlib
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np

from testing.sounds import Samples, tone

SECONDS = 2
FRAMES_A_SECOND = 25
CHAPTERS: list[dict[str, Any]] = [
    {"id": 0, "start": 0, "end": 700, "time_base": Fraction(1, 1000), "metadata": {"title": "Arrival"}},
    {"id": 1, "start": 700, "end": 2000, "time_base": Fraction(1, 1000), "metadata": {"title": "Größe"}},
]
#: Codecs of pictures, sound and subtitles of each container, and the rate of the sound.
CODECS = {
    "mp4": ("mpeg4", "aac", "mov_text", 24_000),
    "mov": ("mpeg4", "pcm_s16le", "mov_text", 24_000),
    "matroska": ("mpeg4", "libopus", "subrip", 48_000),
    "webm": ("libvpx", "libopus", "webvtt", 48_000),
}


def film(
    container: str, *, late: Fraction = Fraction(0), tracks: int = 2, chapters: bool = True, layout: str = "mono"
) -> bytes:
    """Pictures, tracks of sound in English and German, of which the first begins `late` seconds, and subtitles.

    Every channel of a track has a tone of its own, 100 Hz apart.
    """
    pictures, sound, text, rate = CODECS[container]
    out = BytesIO()
    with av.open(out, "w", format=container) as made:
        made.metadata["title"] = "The film"
        video = made.add_stream(pictures, rate=FRAMES_A_SECOND)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        sounds = [made.add_stream(sound, rate=rate, layout=layout) for _ in range(tracks)]
        german = "ger" if container == "mov" else "deu"
        for stream, language in zip(sounds, ("eng", german), strict=False):
            stream.metadata["language"] = language
            stream.metadata["title"] = f"Sound in {language}"
        subtitles = made.add_mux_stream(text)
        subtitles.time_base = Fraction(1, 1000)
        subtitles.metadata["language"] = "fra"
        if chapters:
            made.set_chapters(CHAPTERS)
        made.start_encoding()
        made.mux(_subtitle(subtitles, text))
        packets = [*_pictures(video)]
        for number, stream in enumerate(sounds):
            channels = range(av.AudioLayout(layout).nb_channels)
            tones = np.stack([tone(SECONDS * rate, rate, 300.0 * (1 + number) + 100.0 * n) for n in channels])
            packets += _sound(stream, tones, late if number == 0 else 0)
        packets.sort(key=lambda packet: packet.dts * packet.time_base)
        made.mux(packets)
    return out.getvalue()


def tagged(container: str, codec: str, rate: int, *, cover: bytes = b"", chapters: bool = False, **tags: Any) -> bytes:
    """A second of sound with tags; with a cover where one is given, in containers whose pictures FFmpeg writes."""
    out = BytesIO()
    options = {"brand": "M4A "} if container == "mp4" else None
    with av.open(out, "w", format=container, options=options) as made:
        made.metadata.update(tags)
        stream = made.add_stream(codec, rate=rate, layout="mono")
        picture = None
        if cover:
            picture = made.add_mux_stream("png", width=1, height=1)
            picture.disposition = av.stream.Disposition.attached_pic
        if chapters:
            made.set_chapters(CHAPTERS[:1])
        made.start_encoding()
        if picture is not None:
            packet = av.Packet(cover)
            packet.stream, packet.pts, packet.dts, packet.is_keyframe = picture, 0, 0, True
            made.mux(packet)
        made.mux(list(_sound(stream, tone(rate, rate)[None], 0)))
    return out.getvalue()


def png() -> bytes:
    """The smallest picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b"")


def _pictures(video: Any) -> list[Any]:
    packets = []
    for number in range(SECONDS * FRAMES_A_SECOND):
        frame = av.VideoFrame(32, 32, "yuv420p")
        frame.planes[0].update(bytes([number * 4 % 256]) * frame.planes[0].buffer_size)
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = number
        packets += video.encode(frame)
    return [*packets, *video.encode(None)]


def _sound(stream: Any, samples: Samples, late: Fraction | int) -> list[Any]:
    rate = stream.codec_context.sample_rate
    size = stream.codec_context.frame_size or 1024
    layout = stream.codec_context.layout
    resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
    packets = []
    for at in range(0, samples.shape[1], size):
        piece = np.ascontiguousarray(samples[:, at : at + size])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout.name)
        frame.sample_rate, frame.pts, frame.time_base = rate, at + round(late * rate), Fraction(1, rate)
        for converted in resampler.resample(frame):
            packets += stream.encode(converted)
    return [*packets, *stream.encode(None)]


def _subtitle(stream: Any, codec: str) -> Any:
    text = b"Hello"
    packet = av.Packet(struct.pack(">H", len(text)) + text if codec == "mov_text" else text)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = 500
    packet.duration, packet.is_keyframe = 600, True
    return packet
