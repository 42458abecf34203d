"""What is known of a recording before it is decoded, and what is refused at once."""

from dataclasses import dataclass

from storage.errors import AudioError
from storage.remedies import Act, Remedy

#: Hz. Below, speech is not intelligible; above, no recorder works and a header is more likely damaged.
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
#: A year; what a header states beyond is damage.
LONGEST_SECONDS = 366 * 86_400
#: What helps where a part of a recording is missing.
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

    @property
    def seconds(self) -> float | None:
        """How long it lasts, as far as the header says."""
        return None if self.frames is None else self.frames / self.rate


def refuse_unusable(facts: SourceFacts) -> None:
    """Raise for a recording without samples or at a rate that no recorder has."""
    if not LOWEST_RATE <= facts.rate <= HIGHEST_RATE:
        raise AudioError(
            f"{facts.name} has a sample rate of {facts.rate} Hz and only {LOWEST_RATE} to {HIGHEST_RATE} Hz "
            "can be converted; resample it first"
        )
    if facts.frames is not None and not 0 <= facts.frames <= LONGEST_SECONDS * facts.rate:
        raise AudioError(
            f"The header of {facts.name} states a length that no recording has; copy the file again, or convert it to "
            "WAV or FLAC first"
        )
    if facts.frames == 0:
        raise no_samples(facts.name)


def no_samples(name: str) -> AudioError:
    """The refusal of a recording that lasts no time at all."""
    return AudioError(f"{name} holds no samples, so there is nothing to convert; check how it was recorded")


def cut_short(name: str, promised: float, there: float) -> AudioError:
    """The refusal of a recording that ends before its header says."""
    return AudioError(f"{name} promises {promised:.3f} s of sound but holds only {there:.3f} s", *REMEDIES)


def damaged(name: str, there: float, promised: float | None) -> AudioError:
    """The refusal of a recording that cannot be decoded any further."""
    of = "" if promised is None else f" of {promised:.3f} s"
    return AudioError(f"{name} is cut off or damaged after about {there:.3f} s{of}", *REMEDIES)
