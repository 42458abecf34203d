"""Auditions: the same stretch of a recording in every combination of voices and settings, ahead of bulk work."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dispatcher.client.answers import Delivery
from dispatcher.client.converting import Audience
from dispatcher.jobs.request import PRIORITIES, Request
from dispatcher.reports.contact_sheet import Take, contact_sheet
from dispatcher.wishes.combinations import Combination
from dispatcher.wishes.targets import Existing
from dispatcher.wishes.wish import Wish
from storage.audio.stretch import cut_stretch
from storage.printable import storable

#: `Farm.convert`.
Converts = Callable[..., Iterable[Delivery]]
#: What the page and the stretch as it was recorded are called.
PAGE, ORIGINAL = "index.html", "original.wav"
#: Characters of a recording's name that its stretch is called by: file names hold 255 bytes, a character up to 4.
LONGEST_STEM = 60


@dataclass(frozen=True, slots=True)
class Audition:
    """What is to be heard."""

    recording: Path
    combinations: Sequence[Combination]
    start: float
    seconds: float

    def wishes(self, stretch: Path) -> list[Wish]:
        """A wish for each combination, more urgent than any bulk work."""
        return [
            Wish(
                stretch,
                Request(one.voice, one.settings, priority=PRIORITIES["urgent"], format="wav"),
                name=f"{number:02} {one.label}.wav",
            )
            for number, one in enumerate(self.combinations, 1)
        ]


def audition(
    convert: Converts, wanted: Audition, out: Path, audience: Audience | None
) -> Generator[Delivery, None, None]:
    """Convert every combination into a folder, and write a page for it."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="voicefarm-") as scratch:
        # The name is that of a job, and has no bytes that only this machine's file names may hold.
        stretch = Path(scratch, f"{storable(wanted.recording.stem)[:LONGEST_STEM]}.wav")
        seconds = cut_stretch(wanted.recording, wanted.start, wanted.seconds, stretch)
        wishes = wanted.wishes(stretch)
        done: dict[int, Delivery] = {}
        for delivery in convert(wishes, wishes[0].request, out, existing=Existing.REPLACE, audience=audience):
            done[delivery.place] = delivery
            yield delivery
        (out / ORIGINAL).write_bytes(stretch.read_bytes())
    about = f"{seconds:.1f} s of {wanted.recording.name} from {wanted.start:.1f} s on"
    takes = [Take("as recorded", "", ORIGINAL), *(_take(one, done.get(n)) for n, one in enumerate(wanted.combinations))]
    (out / PAGE).write_text(contact_sheet(f"Audition of {wanted.recording.name}", about, takes), encoding="utf-8")


def _take(combination: Combination, delivery: Delivery | None) -> Take:
    settings = ", ".join(f"{name} {value}" for name, value in combination.settings.items())
    if delivery is None or delivery.result is None:
        why = str(delivery.error) if delivery is not None and delivery.error else "it was not converted"
        return Take(combination.voice, settings, None, why)
    return Take(combination.voice, settings, delivery.result.name)
