"""Recordings, the jobs made from them, and what identifies their results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.request import PRIORITIES, Request
from dispatcher.jobs.submitting import submit
from dispatcher.sample.recording import write_sample
from dispatcher.voices.voices import add_voice
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.settings import Settings

#: Seconds of audio of each recording: one atom, some, and many.
LENGTHS: Mapping[str, float] = {"word.wav": 2.5, "talk.flac": 14.0, "lecture.wav": 45.0}
#: Seconds of work per second of audio for a slow voice that changes nothing.
PACE = 0.12
#: How many such voices there are; each has a different pace, so that no job is answered by another's atoms.
PACED = 64
#: The prefix of their names; they all make the same of a recording.
PACED_NAME = "paced-"

Made = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Task:
    """One job to submit."""

    recording: str
    voice: str
    priority: int
    format: str = "wav"


@dataclass(frozen=True, slots=True)
class Work:
    """The recordings, and how to submit jobs with them."""

    folder: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Work":
        """Write the recordings."""
        folder.mkdir(parents=True, exist_ok=True)
        for seed, (name, seconds) in enumerate(LENGTHS.items(), 1):
            write_sample(folder / name, seconds, rate=24_000, seed=seed)
        return cls(folder)

    def hand_in(self, database: Database, store: ObjectStore, settings: Settings, task: Task) -> int:
        """Submit a job; returns its number. Without a broker the desk finds it by itself."""
        wanted = Request(task.voice, priority=task.priority, format=task.format)
        return submit(
            turns_of_client(database, settings),
            store,
            self.folder / task.recording,
            check_request(database, settings, wanted),
        )


def add_paced_voices(database: Database) -> None:
    """Add the slow voices."""
    for number in range(PACED):
        add_voice(database, f"{PACED_NAME}{number}", "through", {"pace": PACE + number / 10_000})


def every_result() -> list[Task]:
    """A task for each different result that a farm can be asked for."""
    return [
        *(Task(name, f"{PACED_NAME}0", PRIORITIES["normal"]) for name in LENGTHS),
        Task("talk.flac", "bright", PRIORITIES["normal"], "flac"),
    ]


def next_task(chance: Random, taken: Sequence[str]) -> Task:
    """A random task, if possible with a voice that is not taken: those have atoms in the store already."""
    if chance.random() < 0.2 and "bright" not in taken:
        return Task("talk.flac", "bright", PRIORITIES["normal"], "flac")
    free = [name for name in (f"{PACED_NAME}{n}" for n in range(PACED)) if name not in taken]
    voice = chance.choice(free or [f"{PACED_NAME}0"])
    recording = chance.choice(("talk.flac", "lecture.wav", "lecture.wav"))
    return Task(recording, voice, PRIORITIES[chance.choice(("high", "normal", "low"))])


def made(job: JobRecord) -> Made:
    """What determines a result's bytes."""
    voice = PACED_NAME if job.voice.startswith(PACED_NAME) else job.voice
    return job.name, voice, job.format, job.rate_out


def fingerprint(store: ObjectStore, job: JobRecord) -> str:
    """The fingerprint of a finished job's result."""
    assert job.result_key is not None
    # The mark names the voice, and those here differ only in how long they take.
    return sha256(store.get(job.result_key).replace(job.mark.encode(), b"")).hexdigest()
