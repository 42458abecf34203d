"""What a result takes over from its recording beside the sound: looked up there only where the probe saw something."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dispatcher.studio.stitch.mixing_back import channels_of_result
from storage import keys
from storage.audio.depth import is_less
from storage.audio.formats import FILMS, sound_format
from storage.audio.mark import told
from storage.audio.read import probe
from storage.extras.extras import Extras, Step
from storage.extras.film import Film, pack
from storage.extras.reading import read_extras
from storage.extras.writing import write_extras
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord


@dataclass(frozen=True, slots=True)
class Beside:
    """What is beside the sound of a job's recording."""

    extras: Extras = Extras()  # noqa: RUF009 - it is frozen
    is_deeper: bool = False
    """Whether its samples are deeper than the result's."""


def look_beside(store: ObjectStore, job: JobRecord) -> Beside:
    """Look into the recording again, unless the probe saw that there is nothing to be found."""
    if not job.extras:
        return Beside()
    with closing(store.open(keys.source_key(job.source_hash))) as file:
        facts = probe(file, job.name, allow_truncated=job.allow_truncated, track=job.track)
        extras = Extras() if job.format in FILMS else read_extras(file, job.name, job.track)
    return Beside(extras, is_deeper=is_less(job.depth, facts.depth))


def sound_path(folder: Path, job: JobRecord) -> Path:
    """The file that the result's sound is written to."""
    return folder / f"{job.id}.{sound_format(job.format, job.depth)}"


def finished(
    store: ObjectStore, job: JobRecord, beside: Beside, sound: Path, frames: int, beat: Callable[[], None]
) -> Path:
    """The whole result, made of its sound in the same folder; `beat` is called now and then, and may raise."""
    if job.format not in FILMS:
        said = (("software", told(job.mark) if job.mark else ""), ("title", job.title), ("artist", job.artist))
        tags = {name: text for name, text in said if text}
        step = Step(job.source_rate, job.rate_out, channels_of_result(job), job.depth)
        write_extras(sound, job.format, tags, beside.extras, step, Fraction(frames, job.rate_out))
        return sound
    film = Film(
        job.name, job.format, job.track, job.keep_original, job.rate_out, frames, job.allow_truncated,
        told(job.mark) if job.mark else "",
    )  # fmt: skip
    target = sound.with_name(f"{job.id}.{job.format}")
    with closing(store.open(keys.source_key(job.source_hash))) as file:
        pack(film, file, sound, target, beat)
    sound.unlink()
    return target
