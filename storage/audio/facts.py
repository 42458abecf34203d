"""The facts of a recording that are known before it is decoded, and the refusals that follow from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from storage.errors import AudioError
from storage.remedies import Act, Remedy

if TYPE_CHECKING:
    from storage.audio.blocks import Frames

#: Hz. Below, speech is not intelligible; no recorder works above, so the header is probably damaged.
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
#: A year; a header that states more is damaged.
LONGEST_SECONDS = 366 * 86_400
#: What to do where part of a recording is missing.
REMEDIES = (Remedy(Act.COPY_AGAIN), Remedy(Act.ALLOW_TRUNCATED))


@dataclass(frozen=True)
class SourceFacts:
    """A recording as its header describes it."""

    name: str
    container: str
    codec: str
    rate: int
    channels: int
    frames: int | None
    #: False where `frames` is an estimate from file size and bit rate.
    frames_exact: bool
    title: str | None
    artist: str | None
    layout: str = ""
    """FFmpeg's name of the loudspeakers that its channels are for, where its header names them."""
    depth: str = "16"
    """How deep its samples are: 16, 24 or float; lossy ones count as 16."""
    extras: bool = False
    """Whether it may hold more tags, markers or pictures of a cover."""
    pictures: bool = False
    """Whether it is a film."""
    films: tuple[str, ...] = ()
    """The formats in which its pictures can stay as they are."""

    @property
    def seconds(self) -> float | None:
        """How long it lasts according to the header, or None if the header does not say."""
        return None if self.frames is None else self.frames / self.rate


def refuse_unusable(facts: SourceFacts) -> None:
    """Raise for a recording without samples, or with a rate or a length that no recording has."""
    if not LOWEST_RATE <= facts.rate <= HIGHEST_RATE:
        raise AudioError(
            f"{facts.name} has a sample rate of {facts.rate} Hz and only {LOWEST_RATE} to {HIGHEST_RATE} Hz "
            "can be converted; resample it first"
        )
    if facts.frames is not None and not 0 <= facts.frames <= LONGEST_SECONDS * facts.rate:
        raise AudioError(
            f"The header of {facts.name} states an impossible length; copy the file again, or convert it to "
            "WAV or FLAC first"
        )
    if facts.frames == 0:
        raise no_samples(facts.name)


def no_samples(name: str) -> AudioError:
    """The refusal of a recording without samples."""
    return AudioError(f"{name} holds no samples, so there is nothing to convert; check how it was recorded")


def no_such_track(name: str, languages: Sequence[str]) -> AudioError:
    """The refusal of a recording that has fewer tracks of sound than somebody asks for."""
    count = len(languages)
    if count == 1:
        return AudioError(f"{name} holds one track of sound only", Remedy(Act.CHOOSE_TRACK, "1"))
    told = ", ".join(f"{number} {language}" for number, language in enumerate(languages, 1))
    return AudioError(f"{name} holds {count} tracks of sound only ({told})", Remedy(Act.CHOOSE_TRACK, str(count)))


def cut_short(name: str, promised: float, there: float) -> AudioError:
    """The refusal of a recording that ends before its header says."""
    return AudioError(f"{name} promises {promised:.3f} s of sound but holds only {there:.3f} s", *REMEDIES)


def damaged(name: str, there: float, promised: float | None) -> AudioError:
    """The refusal of a recording that cannot be decoded any further."""
    of = "" if promised is None else f" of {promised:.3f} s"
    return AudioError(f"{name} is cut off or damaged after about {there:.3f} s{of}", *REMEDIES)


class Decoder(Protocol):
    """An opened recording."""

    @property
    def facts(self) -> SourceFacts:
        """What its header says."""

    def pieces(self) -> "Iterator[Frames]":
        """All of its frames in order, in pieces that are valid until the next one is asked for."""

    def close(self) -> None:
        """Close the decoder; the file stays open."""
