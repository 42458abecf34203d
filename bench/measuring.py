"""How late a running job is when one of two equal workers is measured: its share of the farm, and a lease.

`python -m bench.measuring` prints a Markdown table. The voice sleeps in place of converting, so that only the farm's
own part is seen: a measurement also takes the processor from whoever shares its machine.
"""

import argparse
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

from bench.figures import Figure, machine, show
from bench.scratch_farm import cheap_recording
from dispatcher.client.farm import Farm
from dispatcher.client.measuring import Measuring
from dispatcher.local.embedded import prepare_records
from dispatcher.local.redis_server import start_redis
from dispatcher.voices.voices import add_voice
from storage.settings import Settings
from testing.running_farm import RunningFarm, running_farm

#: Seconds that the voice takes for a second of audio, and what is measured: some seconds of work.
PACE, MEASURED = 0.25, Measuring(suites=("storage",), is_short=True)


def measure(seconds: float = 480.0) -> Iterator[Figure]:
    """The same job twice on one farm, the second time with a worker measured in its middle."""
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        settings = Settings(state=f"{name}/state", scratch=name)
        prepare_records(settings)
        source = settings.state_folder / "talk.wav"
        cheap_recording(source, seconds, rate=16_000, channels=1)
        with running_farm(settings, 2, start_redis(settings)) as farm:
            add_voice(farm.database, "slow", "through", {"pace": PACE})
            yield from _compared(farm, lambda run: farm.submit(source, "slow", settings={"seed": run}))


def _compared(farm: RunningFarm, submit: Callable[[int], int]) -> Iterator[Figure]:
    door = Farm(farm.settings)
    farm.wait(lambda: len(door.workers()) == 2, "both workers")
    # The first run teaches the farm how fast its machines are; each has a seed of its own, so that all is done anew.
    _taken(farm, submit(0))
    alone = _taken(farm, submit(1))
    job = submit(2)
    farm.wait(lambda: farm.job(job).atoms_done > 0, "its first atom")
    measurements = door.measurements()
    numbers = measurements.begin(door.workers()[:1], MEASURED)
    beside = _taken(farm, job)
    farm.wait(lambda: measurements.look(numbers)[0].is_over, "the figures")
    (one,) = measurements.look(numbers)
    door.database.close()
    took = one.seconds or 0.0
    allowed = took / 2.0 + farm.settings.lease_seconds
    yield Figure("the job alone, on two workers", f"{alone:.1f} s", "", reached=one.state == "done")
    yield Figure(
        f"later with one of them measured for {took:.1f} s", f"{beside - alone:+.1f} s",
        f"{allowed:.1f} s: half of that and a lease", beside - alone <= allowed,
    )  # fmt: skip


def _taken(farm: RunningFarm, number: int) -> float:
    """Seconds from the first lease of a job to its end."""
    job = farm.finish(number)
    assert job.state == "finished", job.reason
    return (job.ended_at or 0.0) - (job.started_at or 0.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=480.0)
    given = parser.parse_args()
    print(f"{machine()}\n\n| what | measured | target | reached |\n|---|---|---|---|", flush=True)
    show(measure(given.seconds))


if __name__ == "__main__":
    main()
