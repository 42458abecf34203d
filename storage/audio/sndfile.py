"""Decodes with libsndfile: WAV, RF64, W64, AIFF, FLAC, Ogg, MP3 and their relatives."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import soundfile

from storage.audio.blocks import Frames
from storage.audio.depth import depth_of_subtype
from storage.audio.facts import REMEDIES, SourceFacts, cut_short, damaged
from storage.audio.id3_head import HEAD, content_bytes
from storage.audio.source_file import SourceFile
from storage.errors import AudioError

#: Bytes of the largest page: a header, 255 segment lengths, 255 segments of 255.
_LARGEST_PAGE = 27 + 255 + 255 * 255
_MAGIC = b"OggS\x00"
_HEADER = 27  # bytes before the segment lengths; the last of them is their number

#: Values (frames times channels) in one read: 512 KiB of float32, whatever the number of channels.
_READ_VALUES = 131_072

#: Frames in one read of a file that may be damaged: one FLAC block, because a failing read loses what it had decoded.
_CAREFUL_FRAMES = 4_096

#: One unit of a 16-bit sample, as libsndfile scales it.
_STEP_OF_16_BITS = np.float32(2.0**-15)

#: libsndfile reports the largest 64-bit number if the header leaves the length open.
_ENDLESS = 1 << 60


def refuse_cut_page(file: SourceFile) -> None:
    """Raise if the file ends inside its last page. No header tells how much is missing."""
    start = max(0, file.size - _LARGEST_PAGE)
    tail = file.read_at(start, _LARGEST_PAGE)
    file.check()
    at = tail.rfind(_MAGIC)
    if at < 0:
        return
    lengths = tail[at + _HEADER : at + _HEADER + tail[at + _HEADER - 1]] if len(tail) >= at + _HEADER else b""
    complete = len(tail) >= at + _HEADER and len(lengths) == tail[at + _HEADER - 1]
    if not complete or at + _HEADER + len(lengths) + sum(lengths) > len(tail):
        raise AudioError(f"{file.label} ends in the middle of an Ogg page, so part of it is missing", *REMEDIES)


class UnknownLength(Exception):
    """The header leaves the length open, so libsndfile cannot read the file to its end."""


class SndfileDecoder:
    """One recording, decoded by libsndfile."""

    def __init__(self, file: SourceFile, *, allow_truncated: bool) -> None:
        file.seek(0)
        self._file = file
        self._allow_truncated = allow_truncated
        self._sound = soundfile.SoundFile(file)
        if self._sound.frames > _ENDLESS:
            self._sound.close()
            raise UnknownLength
        self.facts = self._describe()

    def pieces(self) -> Iterator[Frames]:
        """All frames; raises at the end if they are fewer than the header promised."""
        channels, done = self.facts.channels, 0
        count = _CAREFUL_FRAMES if self._allow_truncated else max(1, _READ_VALUES // channels)
        buffer: Frames = np.empty((count, channels), np.float32)
        # 16-bit samples are read as they are and scaled here; as floats, libsndfile would read them in pieces of 8 kB.
        raw = np.empty((count, channels), np.int16) if self.facts.codec == "PCM_16" else None
        while got := self._read(buffer if raw is None else raw, done):
            done += got
            if raw is not None:
                np.multiply(raw[:got], _STEP_OF_16_BITS, out=buffer[:got])
            yield buffer[:got]
        promised = self.facts.frames
        if self.facts.frames_exact and promised is not None and done < promised and not self._allow_truncated:
            raise cut_short(self.facts.name, promised / self.facts.rate, done / self.facts.rate)

    def close(self) -> None:
        """Close the decoder."""
        self._sound.close()

    def _read(self, buffer: Frames | npt.NDArray[np.int16], done: int) -> int:
        try:
            got = int(self._sound.buffer_read_into(buffer, str(buffer.dtype)))
        except soundfile.SoundFileError as error:
            self._file.check()
            if self._allow_truncated:
                return 0
            rate, frames = self.facts.rate, self.facts.frames
            raise damaged(self.facts.name, done / rate, None if frames is None else frames / rate) from error
        self._file.check()
        return got

    def _describe(self) -> SourceFacts:
        sound = self._sound
        return SourceFacts(
            name=self._file.label,
            container=sound.format,
            codec=sound.subtype,
            rate=sound.samplerate,
            channels=sound.channels,
            frames=sound.frames,
            frames_exact=sound.format != "MP3" or _counts_its_frames(self._file),
            title=sound.title or None,
            artist=sound.artist or None,
            depth=depth_of_subtype(sound.subtype),
        )


def _counts_its_frames(file: SourceFile) -> bool:
    """Whether an MP3 begins with the frame that says how many follow; without it, its length is a guess."""
    head = file.read_at(0, HEAD)
    content = content_bytes(head)
    start = 0 if content is None else HEAD + content
    first = file.read_at(start, 256)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))
