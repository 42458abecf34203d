"""Chooses the decoder for a recording, and refuses what none can decode."""

import soundfile

from storage.audio.chunks import DataChunk, find_data
from storage.audio.facts import Decoder, cut_short, refuse_unusable
from storage.audio.ffmpeg import FfmpegDecoder
from storage.audio.sndfile import SndfileDecoder, UnknownLength, refuse_cut_page
from storage.audio.source_file import SourceFile
from storage.errors import AudioError, VoicefarmError

#: How files begin that libsndfile is tried on. It takes anything else for MP3 and complains on stderr.
_BEGINNINGS = {
    b"RIFF": "WAV",
    b"RIFX": "WAV",
    b"RF64": "RF64",
    b"BW64": "RF64",
    b"riff": "W64",
    b"FORM": "AIFF",
    b"caff": "CAF",
    b".snd": "AU",
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
}
_LARGEST_FRAME_SYNC = 0xE0  # the three bits that follow eight set ones where an MPEG frame begins
#: Bytes examined to tell text from damaged sound.
_GLANCE = 512


def open_decoder(file: SourceFile, *, allow_truncated: bool, track: int = 0) -> Decoder:
    """The decoder for this file, of which one track is read; raises if its header is not usable."""
    if file.size == 0:
        raise AudioError(f"{file.label} is empty; copy the file again")
    kind = _kind(file.read_at(0, 4))
    file.check()
    data = find_data(file)
    if data is not None:
        _weigh(file, data, allow_truncated=allow_truncated)
    elif kind == "Ogg" and not allow_truncated:
        refuse_cut_page(file)
    decoder = _first_that_can(file, kind, data, allow_truncated=allow_truncated, track=track)
    try:
        file.check()
        refuse_unusable(decoder.facts)
    except VoicefarmError:
        decoder.close()
        raise
    return decoder


def _kind(head: bytes) -> str | None:
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & _LARGEST_FRAME_SYNC == _LARGEST_FRAME_SYNC:
        return "MP3"
    return None


def _weigh(file: SourceFile, data: DataChunk, *, allow_truncated: bool) -> None:
    if data.streamed:
        # A size of zero makes FFmpeg read to the end, even beyond the 2 or 4 GiB that the header states.
        file.overlay(data.size_at, bytes(4))
        if file.read_at(0, 4) in {b"RF64", b"BW64"}:
            # As RF64, FFmpeg would look for the size in a chunk that was not filled in either.
            file.overlay(0, b"RIFF")
    elif data.promised > data.there and not allow_truncated:
        raise cut_short(file.label, data.seconds(data.promised), data.seconds(data.there))


def _first_that_can(
    file: SourceFile, kind: str | None, data: DataChunk | None, *, allow_truncated: bool, track: int
) -> Decoder:
    streamed = data is not None and data.streamed
    # What libsndfile reads has one track.
    if kind is not None and not streamed and not track:
        try:
            return SndfileDecoder(file, allow_truncated=allow_truncated)
        except (soundfile.SoundFileError, UnknownLength):
            file.check()
    try:
        return FfmpegDecoder(file, allow_truncated=allow_truncated, track=track)
    except AudioError as error:
        file.check()
        raise _explained(file, kind, error) from error


def _explained(file: SourceFile, kind: str | None, error: AudioError) -> AudioError:
    """Say what the file looks like, where the decoder only knows that it cannot decode it."""
    if not str(error).endswith("can be decoded"):
        return error
    if kind is not None:
        return AudioError(f"{file.label} begins like {kind}, but its header is damaged or cut off; copy the file again")
    if _is_text(file.read_at(0, _GLANCE)):
        return AudioError(f"{file.label} is text, not sound; give a recording")
    return AudioError(
        f"{file.label} is damaged or in an unknown format; copy it again, or convert it to WAV or FLAC first"
    )


def _is_text(glance: bytes) -> bool:
    return all(byte >= 0x20 or byte in b"\t\n\r\f" for byte in glance) and 0x7F not in glance and glance.isascii()
