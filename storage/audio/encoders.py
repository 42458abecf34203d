"""Encodes samples in each of the formats."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soundfile

from storage.audio.blocks import EqualBlocks, Frames, Mono
from storage.audio.dither import Integers, dithered, rounded
from storage.audio.layouts import xiph_order
from storage.audio.mark import told
from storage.audio.result_file import ResultFile
from storage.errors import InputError

#: Bytes of samples that fit a plain WAV; a little less than 4 GiB leaves room for its other chunks.
_WAV_LIMIT = (1 << 32) - (1 << 20)
_SAMPLE_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
#: Bits of the sample types that samples are rounded to.
_BITS = {"PCM_16": 16, "PCM_24": 24}
#: Sample types that the lossless formats can hold, the default first.
_SUBTYPES = {"wav": ("PCM_16", "PCM_24", "FLOAT"), "flac": ("PCM_16", "PCM_24")}
#: 0 is best, 1 is smallest; chosen for speech: about 90 kbit/s a channel in MP3 and Ogg, 135 in Opus.
_COMPRESSION = {"mp3": 0.2, "ogg": 0.5, "opus": 0.5}
_AAC_BITS_PER_SECOND = 128_000
#: Formats whose channels stand in another order than FFmpeg's where they are loudspeakers.
_XIPH = ("ogg", "opus")
#: libsndfile's command that says whether a float file gets a chunk about its peak.
_ADD_PEAK = 0x1050
#: Frames handed to libsndfile at once. libvorbis overruns its stack from about 2.2 million on, and encodes blocks of
#: another size a little differently; with one size for all, a result does not depend on how its atoms were cut.
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class Labels:
    """What a result says of itself."""

    title: str | None = None
    artist: str | None = None
    mark: str = ""
    """That the farm made it, as `storage/audio/mark.py` words it."""


NO_LABELS = Labels()


@dataclass(frozen=True)
class Stored:
    """How samples are stored in a lossless file."""

    subtype: str | None = None
    """PCM_16, PCM_24 or FLOAT for wav, and PCM_16 or PCM_24 for flac; None leaves it to the format."""
    dither: bool = False
    """Whether samples deeper than this type come in, so that rounding them needs noise."""


AS_USUAL = Stored()


@dataclass(frozen=True)
class ResultShape:
    """Format, rate, length and number of channels of a result to be written."""

    rate: int
    format: str
    frames: int
    labels: Labels
    subtype: str
    channels: int = 1
    dither: bool = False
    """Whether samples deeper than this type come in, so that rounding them needs noise."""
    layout: str = ""
    """The loudspeakers that more than two channels are for, in FFmpeg's order; empty where they are for none."""


class Encoder(Protocol):
    """Turns samples within full scale into a file; those of several channels are rows of one frame each."""

    def write(self, block: Mono | Frames) -> None:
        """Encode these samples."""

    def finish(self) -> None:
        """Complete the file."""

    def close(self) -> None:
        """Close the encoder without completing the file."""


def chosen_subtype(format_: str, subtype: str | None) -> str:
    """The sample type asked for, or the default of the format."""
    known = _SUBTYPES.get(format_, ())
    if subtype is None:
        return known[0] if known else ""
    if subtype not in known:
        offer = f"choose one of {', '.join(known)}" if known else "leave it out"
        raise InputError(f"{format_} files hold no {subtype} samples; {offer}")
    return subtype


def encoder_for(file: ResultFile, shape: ResultShape) -> Encoder:
    """The encoder of this format."""
    return AacEncoder(file, shape) if shape.format == "m4a" else SndfileEncoder(file, shape)


def container_of(shape: ResultShape) -> tuple[str, str]:
    """What libsndfile calls this format and its sample type."""
    if shape.format == "wav":
        long = shape.frames * shape.channels * _SAMPLE_BYTES[shape.subtype] > _WAV_LIMIT
        return ("RF64" if long else "WAV"), shape.subtype
    if shape.format == "flac":
        return "FLAC", shape.subtype
    return {"mp3": ("MP3", "MPEG_LAYER_III"), "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS")}[shape.format]


class SndfileEncoder:
    """WAV, FLAC, MP3 and Ogg, by libsndfile."""

    def __init__(self, file: ResultFile, shape: ResultShape) -> None:
        container, subtype = container_of(shape)
        self._sound = soundfile.SoundFile(
            file,
            "w",
            shape.rate,
            shape.channels,
            format=container,
            subtype=subtype,
            compression_level=_COMPRESSION.get(shape.format),
            bitrate_mode="VARIABLE" if shape.format == "mp3" else None,
        )
        # Beside the peak of a float file libsndfile notes the time; the same result must have the same bytes.
        soundfile._snd.sf_command(self._sound._file, _ADD_PEAK, soundfile._ffi.NULL, False)  # noqa: FBT003, SLF001
        if shape.labels.title:
            self._sound.title = shape.labels.title
        if shape.labels.artist:
            self._sound.artist = shape.labels.artist
        if shape.labels.mark:
            self._sound.software = told(shape.labels.mark)
        self._blocks = EqualBlocks(_BLOCK_FRAMES, shape.channels)
        self._bits = _BITS.get(shape.subtype)
        self._dither = shape.dither
        self._order = xiph_order(shape.layout) if shape.format in _XIPH else None
        self._at = 0

    def write(self, block: Mono | Frames) -> None:
        """Encode these samples, in small blocks."""
        for full in self._blocks.push(block):
            self._write(full)

    def finish(self) -> None:
        """Encode what is left and complete the header."""
        if len(rest := self._blocks.rest()):
            self._write(rest)
        self._sound.close()

    def close(self) -> None:
        """Close the encoder without completing the file."""
        self._sound.close()

    def _write(self, block: Mono | Frames) -> None:
        self._sound.write(self._whole(block if self._order is None else block[:, self._order]))
        self._at += len(block)

    def _whole(self, block: Mono | Frames) -> Mono | Frames | Integers:
        """The samples as whole numbers, where the file holds such."""
        if self._bits is None:
            return block
        return dithered(block, self._at, self._bits) if self._dither else rounded(block, self._bits)


class AacEncoder:
    """AAC in M4A, by FFmpeg."""

    def __init__(self, file: ResultFile, shape: ResultShape) -> None:
        # Importing costs 0.3 s, which the other formats need not pay.
        import av

        self._rate = shape.rate
        self._at = 0
        self._new_frame = av.AudioFrame.from_ndarray
        self._container = av.open(file, mode="w", format="ipod")
        made_by = told(shape.labels.mark) if shape.labels.mark else None
        tags = {"title": shape.labels.title, "artist": shape.labels.artist, "encoding_tool": made_by}
        self._container.metadata.update({key: text for key, text in tags.items() if text})
        self._layout = {1: "mono", 2: "stereo"}.get(shape.channels) or shape.layout
        self._stream = self._container.add_stream("aac", rate=shape.rate, layout=self._layout)
        self._stream.bit_rate = _AAC_BITS_PER_SECOND * shape.channels
        self._stream.codec_context.open()
        # Only the last frame of an AAC stream may be shorter than this.
        self._blocks = EqualBlocks(self._stream.codec_context.frame_size, shape.channels)

    def write(self, block: Mono | Frames) -> None:
        """Encode these samples."""
        for full in self._blocks.push(block):
            self._encode(full)

    def finish(self) -> None:
        """Encode what is left and complete the header."""
        if len(rest := self._blocks.rest()):
            self._encode(rest)
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def close(self) -> None:
        """Close the encoder without completing the file."""
        self._container.close()

    def _encode(self, samples: Mono | Frames) -> None:
        planes = np.ascontiguousarray(samples.reshape(len(samples), -1).T)
        frame = self._new_frame(planes, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._at
        self._at += len(samples)
        self._container.mux(self._stream.encode(frame))
