"""The real planner on simulated farms: makespan over ideal, overrun, the cost of a death; thirty seeds each."""

import statistics

from bench.figures import Figure, machine, show
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


def measure() -> list[Figure]:
    """Every fleet at one hour and at ten."""
    return [figure for name in FLEETS for hours in (1, 10) for figure in _fleet(name, hours)]


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
