"""Farms and work for forecasts, all of it known exactly."""

from collections.abc import Sequence

from dispatcher.feed.forecast.model import FarmModel
from dispatcher.feed.forecast.work import Modelled, Work, atoms_in
from dispatcher.feed.views import ClassView, Rules

ENGINE = "world"
TAG = frozenset({"world.v3"})
RULES = Rules()
HOUR = 3600.0
MIXED = (60.0, 15.0, 15.0, 6.0, 6.0, 6.0, 6.0)


def classes(speeds: Sequence[float], together: int = 128) -> list[ClassView]:
    """A class for each speed, with as many machines as have it."""
    return [ClassView(f"convert.{speed:g}", TAG, speeds.count(speed), {ENGINE: speed}, (), together)
            for speed in dict.fromkeys(speeds)]  # fmt: skip


def work(seconds: float, priority: int = 5, at: float = 0.0, *, is_ours: bool = True, atoms: int = 0) -> Work:
    """One recording."""
    return Work(ENGINE, TAG, priority, "deep", at, seconds, atoms or atoms_in(seconds, 30.0), is_ours)


def short_ones(count: int, seconds: float = 4.0) -> list[Work]:
    """Recordings of different lengths around a mean."""
    return [work(seconds * (0.5 + n % 41 / 40)) for n in range(count)]


def farm_with(made: Modelled, farm: Sequence[ClassView]) -> FarmModel:
    """A farm that has work."""
    model = FarmModel(farm, RULES, growth=made.growth)
    for job, _ in made.jobs():
        model.add(job)
    return model
