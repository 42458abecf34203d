"""Packs a film anew: its pictures, subtitles and chapters as they are, with the converted sound in place of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from storage.audio.facts import no_such_track
from storage.audio.ffmpeg import language_of, open_container
from storage.audio.source_file import BinarySource, SourceFile, open_file
from storage.extras.edit_list import set_edits
from storage.extras.failing import told_in_words
from storage.extras.languages import language_in
from storage.extras.m4a import from_the_beginning

_FORMATS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm"}
#: Those that say by a list of edits when a track begins.
_EDITED = ("mp4", "mov")
#: What each calls the program that made it; in QuickTime, FFmpeg writes only itself, so keywords have to do.
_SOFTWARE = {"mp4": "encoding_tool", "mov": "keywords"}
#: A subtitle of an MP4 without any letters.
_NO_TEXT = b"\0\0"
#: Tags of containers and tracks that are about how the file was packed.
_OF_PACKING = ("major_brand", "minor_version", "compatible_brands", "encoder", "duration", "bps", "number_of_",
               "_statistics", "vendor_id")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Film:
    """What is to be made of a film."""

    name: str
    format: str
    track: int
    keep_original: bool
    rate: int
    frames: int
    """Of the converted sound."""
    allow_truncated: bool = False
    software: str = ""
    """What the film says it was made by."""


def pack(film: Film, source: BinarySource, sound: Path, target: Path, beat: Callable[[], None]) -> None:
    """Write the film with this file's sound, which begins when the track that it replaces does.

    `beat` is called with every packet, and may raise.
    """
    import av

    with (
        open_file(source, film.name) as file,
        told_in_words(film.name, target, file, av.error.FFmpegError, LookupError),
    ):
        start = _start(file, film.track)
        for with_data in (True, False):
            try:
                _Packing(film, file, sound, target, start, with_data=with_data).run(beat)
                break
            except _Unwritable:
                if not with_data:
                    raise
        if film.format in _EDITED:
            set_edits(target, start, _padding(sound), film.frames, film.rate)


def _start(file: SourceFile, track: int) -> Fraction:
    """When the first sample of a track is heard, in seconds of its film."""
    file.seek(0)
    with open_container(file) as container:
        tracks = container.streams.audio
        if track >= len(tracks):
            raise no_such_track(file.label, [language_of(one) for one in tracks])
        stream = tracks[track]
        frame = next(container.decode(stream), None)
        at = frame.pts if frame is not None and frame.pts is not None else stream.start_time or 0
        return Fraction(at) * Fraction(stream.time_base)


def _padding(sound: Path) -> int:
    """Samples that our encoder put before the first."""
    import av

    with av.open(str(sound)) as ours:
        stream = ours.streams.audio[0]
        first = next(packet for packet in ours.demux(stream) if packet.pts is not None)
        return max(0, -round(Fraction(first.pts * stream.time_base) * int(stream.codec_context.sample_rate)))


class _Unwritable(ValueError):
    """The container does not take these tracks."""


class _Packing:
    """One try at packing a film."""

    def __init__(
        self, film: Film, file: SourceFile, sound: Path, target: Path, start: Fraction, *, with_data: bool
    ) -> None:
        self.film = film
        self.file = file
        self.sound = sound
        self.target = target
        self.start = start
        self.with_data = with_data

    def run(self, beat: Callable[[], None]) -> None:
        """Copy every packet, in the order of time."""
        import av

        self.file.seek(0)
        with ExitStack() as opened:
            given = opened.enter_context(open_container(self.file))
            ours = opened.enter_context(av.open(str(self.sound)))
            made = opened.enter_context(
                av.open(str(self.target), "w", format=_FORMATS[self.film.format], options=_options(given, ours))
            )
            places, sound = self._streams(given, ours, made)
            try:
                made.start_encoding()
            except (av.error.FFmpegError, ValueError) as error:
                raise _Unwritable(str(error)) from error
            for packet in _in_order(self._source(given, places), self._converted(ours, sound)):
                beat()
                made.mux_one(packet)

    def _streams(self, given: Any, ours: Any, made: Any) -> tuple[dict[int, Any], Any]:
        """The tracks of the result: by their numbers in the source, and the one of our sound."""
        replaced = given.streams.audio[self.film.track]
        places: dict[int, Any] = {}
        sound = None
        for stream in given.streams:
            if stream is replaced:
                sound = self._added(made, ours.streams.audio[0], stream)
            elif stream.type != "audio" and (stream.type != "data" or self._takes(given, stream)):
                places[stream.index] = self._added(made, stream, stream)
        if self.film.keep_original:
            # The one that was converted comes first.
            for stream in sorted(given.streams.audio, key=lambda stream: stream is not replaced):
                places[stream.index] = self._added(made, stream, stream, is_default=False)
        made.metadata.update(_kept(given.metadata))
        if self.film.software:
            name = _SOFTWARE.get(self.film.format, "software")
            said = made.metadata.get(name) if name == "keywords" else None
            made.metadata[name] = f"{said}, {self.film.software}" if said else self.film.software
        if chapters := given.chapters():
            made.set_chapters(from_the_beginning(chapters) if self.film.format in _EDITED else chapters)
        return places, sound

    def _added(self, made: Any, stream: Any, described: Any, *, is_default: bool = True) -> Any:
        """A track like this one, called as another is."""
        from av.stream import Disposition

        if stream.type == "attachment":
            return made.add_stream_from_template(stream)
        added = made.add_stream_from_template(stream, opaque=True)
        added.metadata.update(_kept(described.metadata))
        if name := described.metadata.get("name"):
            # What FFmpeg reads of an MP4 under one name it writes under another.
            added.metadata.setdefault("title", name)
        if language := added.metadata.get("language"):
            added.metadata["language"] = language_in(self.film.format, language)
        added.disposition = described.disposition if is_default else described.disposition & ~Disposition.default
        return added

    def _takes(self, given: Any, data: Any) -> bool:
        """Whether a track of data is copied; names of chapters and time codes FFmpeg makes anew."""
        is_names = data.name == "bin_data" and bool(given.chapters())
        return self.with_data and not is_names and "timecode" not in data.metadata

    def _source(self, given: Any, places: Mapping[int, Any]) -> Iterator[Any]:
        import av

        wanted = [stream for stream in given.streams if stream.index in places and stream.type != "attachment"]
        try:
            for packet in given.demux(wanted):
                # The last packet of each stream only says that there are no more.
                if (packet.size or packet.pts is not None) and not _is_pause(packet):
                    packet.stream = places[packet.stream_index]
                    yield packet
        except av.error.FFmpegError:
            if not self.film.allow_truncated:
                raise

    def _converted(self, ours: Any, sound: Any) -> Iterator[Any]:
        stream = ours.streams.audio[0]
        shift = round(self.start / stream.time_base)
        for packet in ours.demux(stream):
            if packet.size and packet.pts is not None:
                packet.pts += shift
                packet.dts = None if packet.dts is None else packet.dts + shift
                packet.stream = sound
                yield packet


def _options(given: Any, ours: Any) -> dict[str, str]:
    if "matroska" in given.format.name:
        # Otherwise tracks get random numbers, and no two results were the same.
        return {"fflags": "+bitexact"}
    # Where tracks begin is told in these steps: one for each sample.
    steps = {"movie_timescale": str(ours.streams.audio[0].codec_context.sample_rate)}
    # What phones and cameras say of a film has names that are written only if asked for.
    is_named = any(name.startswith("com.") for name in given.metadata)
    return {**steps, "movflags": "use_metadata_tags"} if is_named else steps


def _is_pause(packet: Any) -> bool:
    """Whether it says that no subtitle is shown; whoever writes an MP4 says that anew, between all others."""
    return packet.stream.type == "subtitle" and packet.size == len(_NO_TEXT) and bytes(packet) == _NO_TEXT


def _kept(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in tags.items() if text and not name.lower().startswith(_OF_PACKING)}


def _in_order(first: Iterator[Any], second: Iterator[Any]) -> Iterator[Any]:
    """Packets of both, each as early as its time asks; those of the first stay in their order."""
    waiting = next(second, None)
    for packet in first:
        while waiting is not None and _time(waiting) <= _time(packet):
            yield waiting
            waiting = next(second, None)
        yield packet
    while waiting is not None:
        yield waiting
        waiting = next(second, None)


def _time(packet: Any) -> Fraction:
    at = packet.dts if packet.dts is not None else packet.pts
    return Fraction(0) if at is None else at * packet.time_base
