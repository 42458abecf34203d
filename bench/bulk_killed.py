"""What is lost when every process of a farm on servers, and its client, is killed in the middle of short recordings?"""

import argparse
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from bench.bulk import begin_converting, converted, write_recordings
from bench.bulk_on_servers import WORKERS, servers_in, settings_on
from bench.figures import Figure, machine, show
from storage.records.schema import JobRecord
from storage.settings import Settings
from testing.running_farm import RunningFarm, running_farm
from testing.services.redis import RedisServer

COUNT = 5_000
#: Seconds between two kills: some hit while others are still being mended, but the farm is not always dead.
APART = (4.0, 12.0)
#: Seconds after which what hangs is given up.
GIVE_UP = 3_600.0
CLIENT, BROKER = "client", "redis"
VICTIMS = (CLIENT, BROKER, "desk", "studio", *(f"worker-{n + 1}" for n in range(WORKERS)))


def measure(count: int = COUNT, seed: int = 0) -> list[Figure]:
    """The same recordings on an undisturbed farm and on one that is killed at random."""
    with TemporaryDirectory(prefix="voicefarm-bench-") as name, servers_in(Path(name)) as servers:
        folder = Path(name)
        write_recordings(folder / "in", count)
        converted(folder, "through", Settings(state=str(folder / "quiet"), workers=WORKERS))
        (folder / "out").rename(folder / "undisturbed")
        settings = settings_on(folder, servers, "a shared folder")
        redis = servers["Redis"]
        assert isinstance(redis, RedisServer)
        with running_farm(settings, WORKERS) as farm:
            kills = _until_done(folder, farm, redis, random.Random(seed))
            jobs = _jobs(farm)
        return list(_figures(count, kills, jobs, _prints(folder / "undisturbed"), _prints(folder / "out")))


def _until_done(folder: Path, farm: RunningFarm, redis: RedisServer, chance: random.Random) -> Counter[str]:
    """Convert, killing whoever chance picks; a client that was killed is started again by the same command."""
    kills: Counter[str] = Counter()
    client = _client(folder, farm.settings)
    over = time.monotonic() + GIVE_UP
    while client.poll() != 0:
        if time.monotonic() > over:
            raise SystemExit(f"not done after {GIVE_UP:.0f} s and {kills}: {(folder / 'said').read_text()[-2000:]}")
        if client.poll() is not None:
            client = _client(folder, farm.settings)
        due = time.monotonic() + chance.uniform(*APART)
        while time.monotonic() < due and client.poll() is None:
            time.sleep(0.05)
        if client.poll() is None:
            victim = chance.choice(VICTIMS)
            _kill(victim, client, farm, redis)
            kills[victim] += 1
    return kills


def _kill(victim: str, client: "subprocess.Popen[bytes]", farm: RunningFarm, redis: RedisServer) -> None:
    if victim == CLIENT:
        client.kill()
        client.wait()
    elif victim == BROKER:
        redis.kill_and_restart()
    elif farm.child(victim).is_alive:
        farm.kill(victim)


def _client(folder: Path, settings: Settings) -> "subprocess.Popen[bytes]":
    return begin_converting(folder, "through", settings, "--batch", "killed")


def _jobs(farm: RunningFarm) -> Counter[str]:
    """How many jobs are in each state."""
    with farm.database.reading() as connection:
        counted = select(JobRecord.state, func.count()).group_by(JobRecord.state)
        return Counter({str(state): count for state, count in connection.execute(counted)})


def _prints(folder: Path) -> dict[str, str]:
    """The hash of every file, of hidden ones too: a client that is killed may leave one that it had begun to fetch."""
    return {p.relative_to(folder).as_posix(): sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.wav")}


def _figures(
    count: int, kills: Counter[str], jobs: Counter[str], wanted: dict[str, str], found: dict[str, str]
) -> Iterator[Figure]:
    what = f"{count:,} short recordings on servers, killed at random"
    yield Figure(what, ", ".join(f"{name} {kills[name]}" for name in VICTIMS), "", reached=True)
    same = sum(found.get(name) == wanted_print for name, wanted_print in wanted.items())
    begun = [name for name in found if Path(name).name.startswith(".")]
    is_all = same == count == len(found) - len(begun)
    yield Figure("results with the bytes of an undisturbed farm", f"{same:,}", f"{count:,}", is_all)
    yield Figure("hidden files that killed clients had begun", f"{len(begun)}", "", len(begun) <= kills[CLIENT])
    states = ", ".join(f"{state} {number:,}" for state, number in jobs.items())
    yield Figure("jobs by state", states, f"finished {count:,}", jobs == Counter(finished=count))


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--count", type=int, default=COUNT)
    given.add_argument("--seed", type=int, default=0)
    asked = given.parse_args()
    print(machine())
    show(measure(asked.count, asked.seed))
