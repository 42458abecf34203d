"""Decodes with FFmpeg (PyAV): M4A, MP4, WebM, Matroska, and whatever libsndfile refuses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from storage.audio.blocks import Frames
from storage.audio.depth import depth_of_codec
from storage.audio.facts import SourceFacts, cut_short, damaged, no_such_track
from storage.audio.source_file import SourceFile
from storage.audio.tag_names import is_extra
from storage.errors import AudioError

#: Containers that may be opened. Playlists are left out on purpose: they make FFmpeg open other files and addresses.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv"
    ",matroska,webm,mov,mp4,m4a,3gp,3g2,mj2"
)
#: Containers whose header counts the sound to a fraction of a second; the others guess from size and bit rate.
_COUNTING = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flac"}
#: Seconds by which intact files may differ from their header: encoder delay, padding, timestamps in milliseconds.
_SLACK = 0.5
#: Codecs of pictures that WebM holds, by their decoders.
_OF_WEBM = {"vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9", "libaom-av1"}
#: Full scale of integer samples; float samples are used as they are.
_FULL_SCALE = {"u1": 128.0, "i2": 32768.0, "i4": 2147483648.0}
#: Channels up to which PyAV finds the end of a planar frame; with more, it takes the memory behind it for samples.
_MOST_PLANES = 7
#: Up to five digits of hours: eleven years.
_CLOCK = re.compile(r"([0-9]{1,5}):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)")


def open_container(file: SourceFile) -> Any:
    """The container of a stranger's file; raises what FFmpeg raises."""
    import av

    return av.open(file, mode="r", metadata_errors="replace", options={"format_whitelist": _CONTAINERS})


class FfmpegDecoder:
    """One recording, decoded by FFmpeg."""

    def __init__(self, file: SourceFile, *, allow_truncated: bool, track: int = 0) -> None:
        # Importing it takes 0.3 s, which the usual formats need not pay.
        import av

        file.seek(0)
        self._file = file
        self._allow_truncated = allow_truncated
        self._failure: type[Exception] = av.error.FFmpegError
        try:
            self._container = open_container(file)
        except (av.error.FFmpegError, UnicodeError) as error:
            file.check()
            raise AudioError(f"{file.label} holds no sound that can be decoded") from error
        try:
            self._stream = self._sound(track)
            self.facts = self._describe()
        except BaseException:
            self._container.close()
            raise

    def pieces(self) -> Iterator[Frames]:
        """All frames as FFmpeg decodes them; raises at the end if the header promised clearly more."""
        done = 0
        for frame in self._decoded():
            if frame.sample_rate != self.facts.rate:
                raise AudioError(
                    f"{self.facts.name} changes its sample rate from {self.facts.rate} to {frame.sample_rate} Hz "
                    f"after {done / self.facts.rate:.3f} s; convert it to one rate first"
                )
            try:
                piece = _as_frames(frame)
            except self._failure as error:
                # A frame that contradicts itself, for example with a number of channels that no layout has.
                raise damaged(self.facts.name, done / self.facts.rate, self.facts.seconds) from error
            done += len(piece)
            yield piece
        self._file.check()
        promised = self.facts.seconds
        if self._allow_truncated or promised is None or not self.facts.frames_exact:
            return
        if done / self.facts.rate < promised - _SLACK:
            raise cut_short(self.facts.name, promised, done / self.facts.rate)

    def close(self) -> None:
        """Close the decoder."""
        self._container.close()

    def _decoded(self) -> Iterator[Any]:
        done = 0
        frames = iter(self._container.decode(self._stream))
        while True:
            try:
                frame = next(frames)
            except StopIteration:
                return
            except IndexError:
                # PyAV ends with this error if a track began only after the header; all but its last frames were read.
                return
            except self._failure as error:
                self._file.check()
                if self._allow_truncated:
                    return
                raise damaged(self.facts.name, done / self.facts.rate, self.facts.seconds) from error
            done += frame.samples
            yield frame

    def _sound(self, track: int) -> Any:
        if tracks := self._container.streams.audio:
            if track < len(tracks):
                return tracks[track]
            raise no_such_track(self._file.label, [language_of(one) or "of no language" for one in tracks])
        if self._container.streams.video:
            raise AudioError(f"{self._file.label} holds pictures but no sound; give a recording with an audio track")
        raise AudioError(f"{self._file.label} holds no audio track; give a recording")

    def _describe(self) -> SourceFacts:
        stream, container = self._stream, self._container
        if stream.codec_context is None:
            raise AudioError(f"{self._file.label} holds sound in an unknown codec; convert it to WAV first")
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        if not rate or not channels:
            raise AudioError(f"The audio track of {self._file.label} states no rate or channels; copy the file again")
        seconds, exact = _length(container, stream)
        samples = stream.codec_context.format
        return SourceFacts(
            name=self._file.label,
            container=container.format.name.split(",")[0],
            codec=stream.codec_context.name,
            rate=rate,
            channels=channels,
            frames=None if seconds is None else round(seconds * rate),
            frames_exact=exact,
            title=_tag("title", container.metadata, stream.metadata),
            artist=_tag("artist", container.metadata, stream.metadata),
            layout=stream.codec_context.layout.name,
            depth=depth_of_codec(stream.codec_context.name, samples.name if samples else ""),
            extras=_has_extras(container, stream),
            pictures=any(not is_cover(one) for one in container.streams.video),
            films=films_of(container),
        )


def language_of(stream: Any) -> str:
    """The language of a track, if it says one."""
    found = _tag("language", stream.metadata) or ""
    return "" if found == "und" else found


def is_cover(stream: Any) -> bool:
    """Whether a stream of pictures is a single one that stands for the whole."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def films_of(container: Any) -> tuple[str, ...]:
    """The formats in which this container's pictures can stay as they are; none if it has no pictures."""
    codecs = {stream.codec_context.name if stream.codec_context else "" for stream in container.streams.video
              if not is_cover(stream)}  # fmt: skip
    if not codecs:
        return ()
    if container.format.name == "mov,mp4,m4a,3gp,3g2,mj2":
        return ("mov", "mp4") if _tag("major_brand", container.metadata) == "qt  " else ("mp4", "mov")
    if container.format.name == "matroska,webm":
        return ("webm", "mkv") if codecs <= _OF_WEBM else ("mkv",)
    return ()


def _has_extras(container: Any, stream: Any) -> bool:
    names = {name for name, text in {**stream.metadata, **container.metadata}.items() if text}
    if not language_of(stream):
        names.discard("language")
    covers = any(is_cover(one) for one in container.streams.video)
    return covers or bool(container.chapters()) or any(is_extra(name) for name in names)


def _length(container: Any, stream: Any) -> tuple[float | None, bool]:
    """The length in seconds, and whether the header states it reliably."""
    counted = container.format.name in _COUNTING
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base), counted
    written = _clock(_tag("duration", stream.metadata))
    if written is not None:
        # Most programs write when the track ends, counted from the film's beginning, not how long it is.
        late = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
        return max(written - max(late, 0.0), 0.0), counted
    # The whole container may last longer than its sound, for example because its pictures do.
    return (container.duration / 1e6 if container.duration else None), False


def _clock(text: str | None) -> float | None:
    """The seconds in a text such as 00:01:02.500, which Matroska writes as a tag of each track."""
    found = _CLOCK.fullmatch(text or "")
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else None


def _tag(key: str, *places: Mapping[str, str]) -> str | None:
    """The first tag of this name; Matroska and Ogg write names in capitals."""
    return next((text for tags in places for name, text in tags.items() if name.lower() == key and text), None)


def _as_frames(frame: Any) -> Frames:
    """The samples of one decoded frame as float32 rows."""
    if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
        frame = _in_one_plane(frame)
    values = frame.to_ndarray()
    rows = values.T if frame.format.is_planar else values.reshape(frame.samples, -1)
    kind = values.dtype.str[1:]
    if kind not in _FULL_SCALE:
        return np.asarray(rows, dtype=np.float32)
    shift = 128.0 if kind == "u1" else 0.0
    # Through float64, so that 32-bit integers are rounded only once.
    return np.asarray((rows - np.float64(shift)) / _FULL_SCALE[kind], dtype=np.float32)


def _in_one_plane(frame: Any) -> Any:
    import av

    (packed,) = av.AudioResampler(format=frame.format.packed).resample(frame)
    return packed
