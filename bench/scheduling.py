"""The real planner on simulated farms: makespan over ideal, overrun, the cost of a death; thirty seeds each."""

import statistics

from bench.figures import Figure, machine, show
from dispatcher.feed.forecast.model import FarmModel as PlainModel
from dispatcher.feed.forecast.work import Work, atoms_in, one_by_one
from dispatcher.feed.views import ClassView, Rules
from testing.farm_model import FarmModel

FLEETS = {
    "60+2x15+4x6": (60.0, 15.0, 15.0, 6.0, 6.0, 6.0, 6.0),
    "100+9x10": (100.0, *[10.0] * 9),
    "2x100+2x30+4x10": (100.0, 100.0, 30.0, 30.0, 10.0, 10.0, 10.0, 10.0),
}
#: The target for makespan over ideal, by fleet and hours; the third fleet has a target only for the overrun.
LIMITS = {("60+2x15+4x6", 1): 1.12, ("60+2x15+4x6", 10): 1.05, ("100+9x10", 1): 1.12, ("100+9x10", 10): 1.05}
SEEDS = range(30)
HOUR = 3600.0


#: Short recordings beside a long one of equal priority, their mean length in seconds, and the long one's hours.
SHORT, SHORT_SECONDS, LONG_HOURS = 20_000, 4.0, 10


def measure() -> list[Figure]:
    """Every fleet at one hour and at ten, and a long recording among short ones."""
    fleets = [figure for name in FLEETS for hours in (1, 10) for figure in _fleet(name, hours)]
    return [*fleets, *_side_by_side("60+2x15+4x6")]


def _side_by_side(name: str) -> list[Figure]:
    """A long recording that is a little older than many short ones: how soon all end, and who gets how much."""
    long = _work(LONG_HOURS * HOUR, at=-1.0)
    short = [_work(SHORT_SECONDS * (0.5 + n % 41 / 40)) for n in range(SHORT)]
    ideal = sum(work.seconds for work in (long, *short)) / sum(FLEETS[name])
    model = PlainModel(_known_classes(FLEETS[name]), Rules())
    whole, *_ = [model.add(job) for job, _ in one_by_one([long, *short]).jobs()]
    shares: list[float] = []

    def look() -> None:
        done = [sum(job.atoms[atom] for atom in job.done) for job in (whole, *model.jobs)]
        shares.append(done[0] / sum(done[1:]))

    for tenth in range(1, 6):
        model.at(tenth * ideal / 10, look)
    over = model.run() / ideal
    what = f"{LONG_HOURS} h beside {SHORT:,} of {SHORT_SECONDS:g} s on {name} (ideal {ideal:.0f} s)"
    least, most = min(shares), max(shares)
    return [
        Figure(f"{what}: makespan over ideal", f"{over:.3f}", "1.05", over <= 1.05),
        Figure(
            f"{what}: the long one's share of what is done, in the first half",
            f"{100 * least:.0f}-{100 * most:.0f} %", "33-67 %", 1 / 3 <= least <= most <= 2 / 3,
        ),
    ]  # fmt: skip


def _work(seconds: float, at: float = 0.0) -> Work:
    return Work("model", frozenset({"any"}), 5, "voice", at, seconds, atoms_in(seconds, 30.0))


def _known_classes(fleet: tuple[float, ...]) -> list[ClassView]:
    return [
        ClassView(f"class-{speed:g}", frozenset({"any"}), fleet.count(speed), {"model": speed}, (), 128)
        for speed in dict.fromkeys(fleet)
    ]


def _fleet(name: str, hours: int) -> list[Figure]:
    fleet = FLEETS[name]
    ideal = hours * HOUR / sum(fleet)
    spans = [_span(fleet, hours, seed) for seed in SEEDS]
    mean, worst = statistics.mean(spans) / ideal, max(spans) - ideal
    what = f"{name}, {hours} h (ideal {ideal:.0f} s)"
    limit = LIMITS.get((name, hours))
    dies = ideal / 2.0
    left = dies + hours * HOUR / 2.0 / (sum(fleet) - fleet[0])
    deaths = max(_span(fleet, hours, seed, dies) - left for seed in SEEDS)
    return [
        Figure(
            f"{what}: makespan over ideal", f"{mean:.3f}", f"{limit:g}" if limit else "none", not limit or mean <= limit
        ),
        Figure(f"{what}: worst overrun", f"{worst:.1f} s", "8 s", worst <= 8.0),
        Figure(f"{what}: the fastest dies halfway, worst", f"+{deaths:.1f} s", "+15 s", deaths <= 15.0),
    ]


def _span(fleet: tuple[float, ...], hours: int, seed: int, dies: float | None = None) -> float:
    model = FarmModel(fleet, seed)
    model.submit(hours * HOUR)
    if dies is not None:
        model.kill(model.machines[0], dies)
    return model.run()


if __name__ == "__main__":
    print(machine())
    show(measure())
