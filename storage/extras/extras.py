"""What a recording holds beside its sound, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from storage.audio.grid import resampled_length

#: Bytes of pictures that are carried over; covers have a hundredth of it.
MOST_PICTURE_BYTES = 16 * 1024 * 1024
#: Bytes of all tags together, of one chunk of a WAV, and the number of tags.
MOST_TEXT_BYTES = 1024 * 1024
MOST_TAGS = 1_000
#: Markers; a day with one every ten seconds has fewer.
MOST_MARKERS = 10_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands for the whole, such as a cover, as its file's bytes."""

    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment or a stretch of the recording that has a name, in seconds from its beginning."""

    at: Fraction
    until: Fraction | None
    label: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The chunks of a WAV that hold its markers: positions, and what is said of them."""

    points: bytes
    said: bytes = b""


@dataclass(frozen=True, slots=True)
class Extras:
    """All that a result takes over beside the sound; tags have FFmpeg's names, in small letters."""

    tags: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    markers: tuple[Marker, ...] = ()
    bext: bytes = b""
    ixml: bytes = b""
    cues: Cues | None = None
    cart: bytes = b""
    smpl: bytes = b""
    as_they_are: tuple[tuple[bytes, bytes], ...] = ()
    """Chunks of a WAV by their names whose content speaks of nothing that the conversion changes."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the conversion did to what extras speak of: rates in Hz, channels and depth of the result."""

    rate_in: int
    rate_out: int
    channels: int
    depth: str

    def moved(self, sample: int) -> int:
        """Where a sample of the recording is in the result."""
        return resampled_length(sample, self.rate_in, self.rate_out)

    @property
    def bits(self) -> int:
        """Bits of one sample of the result; 16 where its format has no depth."""
        return {"24": 24, "float": 32}.get(self.depth, 16)
