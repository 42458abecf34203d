"""Good and broken recordings, made for the tests."""

import io
import struct
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]


def tone(frames: int, rate: int, hertz: float = 440.0) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(frames) / rate)).astype(np.float32)


def noise(frames: int, channels: int = 1, seed: int = 0) -> Samples:
    values = np.random.default_rng(seed).standard_normal((frames, channels)) * 0.1
    return values.astype(np.float32)


def encoded(samples: npt.NDArray[Any], rate: int, container: str, subtype: str, **tags: str) -> bytes:
    """Anything that libsndfile writes."""
    out = io.BytesIO()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(out, "w", rate, channels, format=container, subtype=subtype) as sound:
        for name, text in tags.items():
            setattr(sound, name, text)
        sound.write(samples)
    return out.getvalue()


def wav(
    content: bytes, rate: int = 16_000, *, size: int | None = None, riff: int | None = None, behind: bytes = b""
) -> bytes:
    """A 16-bit mono WAV whose two sizes may lie."""
    layout = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    size = len(content) if size is None else size
    body = b"WAVEfmt " + struct.pack("<I", 16) + layout + b"data" + struct.pack("<I", size) + content + behind
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def pcm16(samples: Samples) -> bytes:
    return np.rint(samples * 32767).astype("<i2").tobytes()


def muxed(samples: Samples, rate: int, container: str, codec: str, options: Any = None, **tags: str) -> bytes:
    """Anything that FFmpeg writes, from mono or stereo."""
    out = io.BytesIO()
    planes = samples.reshape(len(samples), -1).T
    layout = ("mono", "stereo")[len(planes) - 1]
    with av.open(out, "w", format=container, options=options) as target:
        target.metadata.update(tags)
        stream = target.add_stream(codec, rate=rate, layout=layout)
        stream.codec_context.open()
        size = stream.codec_context.frame_size or 1024
        for at in range(0, len(samples), size):
            piece = np.ascontiguousarray(planes[:, at : at + size])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, at
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


def silent_film() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as target:
        stream = target.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for at in range(3):
            frame = av.VideoFrame(32, 32, "yuv420p")
            frame.pts = at
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()
