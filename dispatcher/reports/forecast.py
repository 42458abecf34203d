"""What a farm would do with recordings: when it ends, what holds it up, what one more machine would bring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dispatcher.feed.forecast.outlook import Outlook, can_do, look_ahead, one_of_each, unmeasured
from dispatcher.feed.forecast.stages import Way
from dispatcher.feed.forecast.work import Work
from dispatcher.feed.views import ClassView, Rules
from dispatcher.reports.waiting import why_nobody
from storage.errors import VoicefarmError
from storage.objects.address import Place
from storage.remedies import Remedy
from workers.wire.routes import class_of

#: One more machine that brings less than this share is none that helps.
WORTH_IT = 0.01


@dataclass(frozen=True, slots=True)
class Planned:
    """A recording, and what would become of it."""

    source: Place
    result: Place | None = None
    error: VoicefarmError | None = None
    is_there: bool = False
    """Whether its result is up to date already."""
    seconds: float | None = None
    """Sound to be converted, as far as the header says."""
    size: int = 0
    """Bytes."""

    @property
    def is_to_do(self) -> bool:
        """Whether anything would be done about it."""
        return self.error is None and not self.is_there


@dataclass(frozen=True, slots=True)
class ClassAhead:
    """Machines that run equally fast, as the forecast has them."""

    machine_class: str
    queue: str
    machines: int
    speeds: Mapping[str, float]
    """By engine that is wanted, the measured realtime factor."""
    unmeasured: tuple[str, ...]
    """Engines that are wanted and that it offers, but never ran: what it would bring is not known, and not counted."""
    busy: float | None
    """Share of the time until the end for which it converts."""
    end_with_one_more: float | None
    """Seconds until the end with one more such machine."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would be done, and when it would end if it began now."""

    planned: tuple[Planned, ...]
    unknown_lengths: int
    """Recordings whose header does not say how long they are; nothing is counted for them."""
    recordings_before: int
    seconds_before: float
    """Recordings, and sound, that the farm has in hand."""
    end: float | None
    """Seconds until the last result is there; None where it is not known."""
    why_unknown: str
    stages: Mapping[str, float]
    """Seconds of work by stage, before any of them waits for another."""
    bottleneck: str
    """What decides when it ends, in words."""
    classes: tuple[ClassAhead, ...]
    is_up: bool
    """Whether there is a farm; if not, one would be started."""

    @property
    def recordings(self) -> int:
        """All that were named."""
        return len(self.planned)

    @property
    def up_to_date(self) -> int:
        """Recordings whose results are there already."""
        return sum(one.is_there for one in self.planned)

    @property
    def refused(self) -> list[Planned]:
        """Recordings that would be refused."""
        return [one for one in self.planned if one.error is not None]

    @property
    def to_results(self) -> list[Planned]:
        """Recordings whose results have a place on this machine."""
        return [one for one in self.planned if one.error is None and one.result is not None]

    @property
    def seconds(self) -> float:
        """Sound to be converted."""
        return sum(one.seconds or 0.0 for one in self.planned if one.is_to_do)

    def to_json(self, word: Callable[[Remedy], str] = str) -> dict[str, Any]:
        """For programs; `word` names the remedies of errors."""
        return {
            "recordings": self.recordings,
            "up_to_date": self.up_to_date,
            "refused": [
                {"source": str(one.source), "error": one.error.to_json(word)} for one in self.refused if one.error
            ],
            "results": [
                {"source": str(one.source), "result": str(one.result), "there": one.is_there} for one in self.to_results
            ],
            "seconds": self.seconds,
            "unknown_lengths": self.unknown_lengths,
            "recordings_before": self.recordings_before,
            "seconds_before": self.seconds_before,
            "end": self.end,
            "why_unknown": self.why_unknown,
            "stages": dict(self.stages),
            "bottleneck": self.bottleneck,
            "farm_is_up": self.is_up,
            "classes": [asdict(one) for one in self.classes],
        }


@dataclass(frozen=True, slots=True)
class Ahead:
    """All that a forecast is made of."""

    planned: Sequence[Planned]
    works: Sequence[Work]
    """Of ours, and of what waits already."""
    classes: Sequence[ClassView]
    way: Way
    rules: Rules
    is_up: bool
    recordings_before: int = 0
    seconds_before: float = 0.0


def foretell(ahead: Ahead) -> Forecast:
    """Simulate it with the planner that the farm has."""
    ours = [work for work in one_of_each(ahead.works) if work.is_ours]
    outlook = look_ahead(ahead.classes, ahead.works, ahead.rules)
    stages = ahead.way.stages(outlook.converting) if outlook.is_known and ours else {}
    end = None if not outlook.is_known else ahead.way.end(outlook.converting) if ours else 0.0
    classes = tuple(_class_ahead(c, ours, outlook, ahead.way, end) for c in ahead.classes)
    return Forecast(
        planned=tuple(ahead.planned),
        unknown_lengths=sum(one.seconds is None for one in ahead.planned if one.is_to_do),
        recordings_before=ahead.recordings_before,
        seconds_before=ahead.seconds_before,
        end=end,
        why_unknown="" if outlook.is_known else _why_unknown(ahead, ours),
        stages=stages,
        bottleneck=_bottleneck(stages, classes, end),
        classes=classes,
        is_up=ahead.is_up,
    )


def _class_ahead(
    farm_class: ClassView, ours: Sequence[Work], outlook: Outlook, way: Way, end: float | None
) -> ClassAhead:
    wanted = {work.engine for work in ours if can_do(farm_class, work)}
    busy, one_more = outlook.busy.get(farm_class.queue), outlook.one_more.get(farm_class.queue)
    return ClassAhead(
        machine_class=class_of(farm_class.queue),
        queue=farm_class.queue,
        machines=farm_class.slots,
        speeds={engine: speed for engine, speed in sorted(farm_class.speeds.items()) if engine in wanted},
        unmeasured=tuple(sorted(unmeasured(farm_class, ours))),
        busy=busy / (farm_class.slots * end) if busy is not None and end else None,
        end_with_one_more=None if one_more is None else way.end(one_more),
    )


def _bottleneck(stages: Mapping[str, float], classes: Sequence[ClassAhead], end: float | None) -> str:
    if not stages or not end:
        return ""
    slowest = max(stages, key=lambda stage: stages[stage])
    if slowest != "converting":
        return slowest
    at_best = min((c.end_with_one_more for c in classes if c.end_with_one_more is not None), default=end)
    if at_best > end * (1.0 - WORTH_IT):
        return "converting, which no further machine would hasten"
    able = [c for c in classes if c.end_with_one_more is not None]
    if len(able) == len(classes):
        return "converting"
    return f"converting, which only {' and '.join(sorted({c.machine_class for c in able}))} can do"


def _why_unknown(ahead: Ahead, ours: Sequence[Work]) -> str:
    """Why nobody can say when it ends."""
    for work in ours:
        able = [c for c in ahead.classes if can_do(c, work)]
        if able or not ahead.is_up:
            if all(work.engine not in c.speeds for c in able):
                return f"how fast {work.engine} is here is not known until a first recording was converted with it"
        else:
            return why_nobody(work.needs, [c.offers for c in ahead.classes])
    return ""
