"""How long a farm will convert, who of it will be busy, and what one more machine would bring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dispatcher.feed.forecast.model import FarmModel
from dispatcher.feed.forecast.work import Modelled, Work, modelled
from dispatcher.feed.views import ClassView, Rules


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a simulation of the conversion came to."""

    converting: float
    """Seconds until the last of our work is converted; infinite where nobody does it."""
    busy: Mapping[str, float] = field(default_factory=dict)
    """By queue, seconds that its machines convert until then, all together."""
    one_more: Mapping[str, float] = field(default_factory=dict)
    """By queue, how long it takes with one more such machine."""

    @property
    def is_known(self) -> bool:
        """Whether somebody does the work, and how fast is known."""
        return self.converting < float("inf")


def look_ahead(classes: Sequence[ClassView], works: Sequence[Work], rules: Rules) -> Outlook:
    """Simulate the farm: as it is, and with one more machine of each class that can do some of our work."""
    kinds = one_of_each(works)
    counted = [measured_part(c, kinds) for c in classes]
    ours = [work for work in kinds if work.is_ours]
    if not ours:
        return Outlook(0.0)
    if not all(any(can_do(c, work) for c in counted) for work in ours):
        return Outlook(float("inf"))
    made = modelled(works)
    model, converting = _run(counted, made, rules)
    return Outlook(
        converting,
        {c.queue: model.busy_seconds(c.queue) for c in counted},
        {
            c.queue: _run([replace(x, slots=x.slots + (x is c)) for x in counted], made, rules)[1]
            for c in counted
            if any(can_do(c, work) for work in ours)
        },
    )


def can_do(farm_class: ClassView, work: Work) -> bool:
    """Whether machines of a class offer all that a recording needs."""
    return work.needs <= farm_class.offers


def unmeasured(farm_class: ClassView, works: Sequence[Work]) -> frozenset[str]:
    """Engines of work that a class could do, but that nobody has seen it run."""
    return frozenset(work.engine for work in works if can_do(farm_class, work) and work.engine not in farm_class.speeds)


def measured_part(farm_class: ClassView, works: Sequence[Work]) -> ClassView:
    """A class without the engines whose speed is not known: nobody can say what they would bring."""
    unknown = unmeasured(farm_class, works)
    dropped = {tag for tag in farm_class.offers for engine in unknown if tag.startswith(f"{engine}.v")}
    return replace(farm_class, offers=farm_class.offers - dropped)


def one_of_each(works: Iterable[Work]) -> Sequence[Work]:
    """One of each kind."""
    return list({work.kind: work for work in works}.values())


def _run(classes: Sequence[ClassView], made: Modelled, rules: Rules) -> tuple[FarmModel, float]:
    model = FarmModel(classes, rules, growth=made.growth)
    ours = []
    for job, is_ours in made.jobs():
        model.add(job)
        if is_ours:
            ours.append(job)
    return model, model.run(ours)
