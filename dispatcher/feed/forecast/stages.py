"""What a recording costs besides its conversion, and when work that passes through all stages ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

#: Handing in, as docs/performance.md has it: recordings a second in a quick hour. And what hashing a file and copying
#: it into a folder was measured to do on the same machine, in bytes a second.
HANDED_IN_A_SECOND, BYTES_A_SECOND = 550.0, 160e6
#: Seconds from the beginning of a split to its first atom, by docs/performance.md.
FIRST_ATOM = 0.07
#: Seconds that a farm on this machine takes to start, by docs/performance.md: nearly all of converting one second.
START = 3.0
#: Recordings of at least so many seconds tell what an hour costs, of at most so many what each costs by itself.
LONG, SHORT = 600.0, 60.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage takes one process, in seconds."""

    recording: float
    hour: float
    """For each hour of sound."""

    def of(self, recordings: float, seconds: float) -> float:
        """What so many recordings with so much sound take."""
        return recordings * self.recording + seconds / HOUR * self.hour


#: By docs/performance.md: processor time for each of many short recordings, and the pace of long ones.
SPLIT, STITCH = Cost(0.005, HOUR / 568), Cost(0.003, HOUR / 1173)


class Took(NamedTuple):
    """What a stage of a finished job took."""

    seconds: float
    """Of sound."""
    took: float


def measured(jobs: Sequence[Took], usual: Cost, at_a_time: int) -> Cost:
    """What a stage costs by the medians of recent jobs, as far as they tell; short ones are done several at a time."""
    paces = [job.took / job.seconds for job in jobs if job.seconds >= LONG and job.took > 0.0]
    hour = HOUR * median(paces) if paces else usual.hour
    alone = [max(job.took - job.seconds / HOUR * hour, 0.0) for job in jobs if 0.0 < job.seconds <= SHORT and job.took]
    return Cost(median(alone) / at_a_time if alone else usual.recording, hour)


@dataclass(frozen=True, slots=True)
class Load:
    """Recordings on their way through a stage."""

    recordings: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    bytes: int = 0

    def __add__(self, other: "Load") -> "Load":
        """Both."""
        return Load(
            self.recordings + other.recordings, self.seconds + other.seconds, max(self.longest, other.longest),
            self.bytes + other.bytes,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """What recordings pass through before and after their conversion, and how long each stage has to work."""

    ours: Load
    to_split: Load
    """Ours and all that is split before."""
    to_stitch: Load
    processes: int
    """That split and stitch, each one recording at a time."""
    split: Cost = SPLIT
    stitch: Cost = STITCH
    cores: int = 0
    """Where one machine that has yet to start its farm does everything: its cores, which all stages share."""

    def stages(self, converting: float) -> Mapping[str, float]:
        """Seconds that each stage works, if nothing held it up."""
        return {
            "handing in": self._handing_in(self.ours),
            "splitting": self.split.of(self.to_split.recordings, self.to_split.seconds) / self.processes,
            "converting": converting,
            "stitching": self.stitch.of(self.to_stitch.recordings, self.to_stitch.seconds) / self.processes,
        }

    def end(self, converting: float) -> float:
        """When the last result is there: the stages overlap, but each waits for its first and leaves its last piece."""
        stages = self.stages(converting)
        handing_in, splitting, stitching = stages["handing in"], stages["splitting"], stages["stitching"]
        first = handing_in / max(self.ours.recordings, 1)
        last = self.stitch.of(1, self.ours.longest)
        split = max(handing_in, first + splitting)
        end = max(max(first + FIRST_ATOM + converting, split) + last, first + splitting + stitching)
        if not self.cores:
            return end
        beside = handing_in + self.processes * (splitting + stitching)
        return START + max(end, converting + beside / self.cores)

    @staticmethod
    def _handing_in(load: Load) -> float:
        return load.recordings / HANDED_IN_A_SECOND + load.bytes / BYTES_A_SECOND
