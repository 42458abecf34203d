"""Writes a result block by block in the format asked for."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import soundfile

from storage.audio.blocks import Frames, Mono
from storage.audio.encoders import (
    AS_USUAL,
    NO_LABELS,
    Encoder,
    Labels,
    ResultShape,
    Stored,
    chosen_subtype,
    encoder_for,
)
from storage.audio.formats import FORMATS, format_of, most_channels, writable_rate
from storage.audio.layouts import has_room
from storage.audio.result_file import ResultFile
from storage.errors import AudioError, InputError

__all__ = ["FORMATS", "NO_LABELS", "Labels", "ResultWriter", "Stored", "format_of", "open_result", "writable_rate"]

#: What encoders raise: the first two come from libsndfile and its wrapper, the others include FFmpeg's errors.
_ENCODER_ERRORS = (soundfile.SoundFileError, AssertionError, OSError, ValueError)


class ResultWriter:
    """Takes the samples of a result in order."""

    def __init__(self, path: Path, file: ResultFile, encoder: Encoder, shape: ResultShape) -> None:
        self._path, self._file, self._encoder, self._shape = path, file, encoder, shape
        self._written = 0

    def write(self, block: Mono | Frames) -> None:
        """Encode these samples, clipped at full scale, except in float files, which can hold larger ones.

        Those of several channels are rows of one frame each.
        """
        if not (good := np.isfinite(block)).all():
            at = self._written + int(np.argmin(good.reshape(len(block), -1).all(axis=1)))
            raise AudioError(f"The result holds NaN or infinity at sample {at} and was not written; convert it again")
        clipped = block if self._shape.subtype == "FLOAT" else np.clip(block, -1.0, 1.0)
        try:
            self._encoder.write(np.ascontiguousarray(clipped, np.float32))
        except _ENCODER_ERRORS as error:
            self._file.check()
            raise self._failed(error) from error
        self._file.check()
        self._written += len(block)

    def finish(self) -> None:
        """Complete the file; raises if it did not get as many samples as announced."""
        if self._written != self._shape.frames:
            raise AudioError(
                f"{self._path} should have {self._shape.frames} samples but got {self._written}; convert it again"
            )
        try:
            self._encoder.finish()
        except _ENCODER_ERRORS as error:
            self._file.check()
            raise self._failed(error) from error
        self._file.close()
        self._file.check()

    def _failed(self, error: Exception) -> AudioError:
        return AudioError(
            f"{self._path} could not be encoded as {self._shape.format} ({_why(error)}); try another format"
        )


@contextmanager
def open_result(
    path: Path,
    *,
    rate: int,
    format: str,  # noqa: A002 - the word that callers use
    frames: int,
    labels: Labels = NO_LABELS,
    stored: Stored = AS_USUAL,
    channels: int = 1,
    layout: str = "",
) -> Iterator[ResultWriter]:
    """Open a file of sound alone to be written in order; it is removed if anything fails.

    More than two channels that are for loudspeakers come in FFmpeg's order, and `layout` is what the format calls them.
    """
    kind = format_of(format)
    if kind not in FORMATS:
        raise InputError(f"{path} would be a film without pictures; choose one of the endings {', '.join(FORMATS)}")
    if writable_rate(kind, rate) != rate:
        raise InputError(f"{kind} files cannot have a rate of {rate} Hz; use {writable_rate(kind, rate)} Hz")
    if not has_room(kind, None, channels, layout):
        raise InputError(f"{kind} files are written with {most_channels(kind)} channels at the most, not {channels}")
    if frames < 1 and kind != "wav":
        # Any program can open a WAV without samples, but not the other formats.
        raise AudioError(f"{path} would hold no samples and could not be played; convert a longer recording")
    subtype = chosen_subtype(kind, stored.subtype)
    shape = ResultShape(rate, kind, frames, labels, subtype, channels, stored.dither, layout)
    file = ResultFile(path)
    encoder: Encoder | None = None
    try:
        encoder = _start(path, file, shape)
        writer = ResultWriter(path, file, encoder, shape)
        yield writer
        writer.finish()
    except BaseException:
        _give_up(path, file, encoder)
        raise


def _start(path: Path, file: ResultFile, shape: ResultShape) -> Encoder:
    try:
        encoder = encoder_for(file, shape)
    except _ENCODER_ERRORS as error:
        file.check()
        why = _why(error)
        raise AudioError(
            f"{path} cannot be written as {shape.format} at {shape.rate} Hz ({why}); try another format"
        ) from error
    file.check()
    return encoder


def _why(error: Exception) -> str:
    """The encoder's reason; libsndfile's own text would name an object in memory."""
    return error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)


def _give_up(path: Path, file: ResultFile, encoder: Encoder | None) -> None:
    if encoder is not None:
        with suppress(*_ENCODER_ERRORS):
            encoder.close()
    file.close()
    path.unlink(missing_ok=True)
