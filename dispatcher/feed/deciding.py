"""How a job is done, where it leaves the choice to the farm: decided once for all its atoms, before the first goes out.

Otherwise each machine would do its part as suits it best, and one result would have parts of both.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, update

from dispatcher.feed.views import ClassView, JobView
from dispatcher.jobs.checking import CheckedRequest
from storage.records.schema import JobRecord
from workers.engines import catalog
from workers.engines.engine import Engine, Way

#: What machines of each capability do of an engine with nets, in times realtime, until it is measured: only to compare.
TYPICAL = {"cuda": 300.0, "mlx": 10.0, "cpu": 1.0}


def decided(
    connection: Connection, jobs: Sequence[JobView], chosen: Collection[int], classes: Sequence[ClassView]
) -> list[JobView]:
    """The jobs, with what the chosen ones left open decided and written down; without those that no machine can do."""
    result = {job.job_id: job for job in jobs}
    for settings, alike in _by_settings(connection, [j for j in jobs if j.leaves_open and j.job_id in chosen]):
        engine, needs = catalog.engine(alike[0].engine), alike[0].needs
        ways = engine.ways(settings) or (Way(settings, 1.0),)
        way = best_way(engine, ways, needs, classes)
        if way is None:
            for job in alike:
                del result[job.job_id]
            continue
        needs |= engine.needs(way.settings)
        connection.execute(
            update(JobRecord)
            .where(JobRecord.id.in_([job.job_id for job in alike]))
            .values(settings=dict(way.settings), needs=tuple(sorted(needs)), leaves_open=False)
        )
        result |= {job.job_id: replace(job, needs=needs, leaves_open=False) for job in alike}
    return list(result.values())


def needs_once_decided(checked: CheckedRequest, classes: Sequence[ClassView]) -> frozenset[str]:
    """What a job would need of a worker, if what its request leaves open were decided now."""
    engine, needs = catalog.engine(checked.engine), frozenset(checked.needs)
    way = best_way(engine, engine.ways(checked.settings), needs, classes) if checked.leaves_open else None
    return needs if way is None else needs | engine.needs(way.settings)


def best_way(engine: Engine, ways: Sequence[Way], needs: frozenset[str], classes: Sequence[ClassView]) -> Way | None:
    """The way in which the farm is fastest, of equally fast ones the first; None if no machine can do any."""
    speeds = [sum(_speed(engine, way, ways, needs, one) for one in classes) for way in ways]
    return ways[speeds.index(max(speeds))] if any(speeds) else None


def _speed(engine: Engine, way: Way, ways: Sequence[Way], needs: frozenset[str], machines: ClassView) -> float:
    """What machines of a class do in one way, in times realtime; what was measured there is of their fastest."""
    able = [one for one in ways if needs | engine.needs(one.settings) <= machines.offers]
    if way not in able:
        return 0.0
    typical = max((speed for name, speed in TYPICAL.items() if name in machines.offers), default=1.0)
    fastest = machines.slots * machines.speeds.get(engine.name, typical)
    return fastest * way.pace / max(one.pace for one in able)


def _by_settings(connection: Connection, jobs: Sequence[JobView]) -> Iterable[tuple[dict[str, object], list[JobView]]]:
    """Jobs of one engine with equal needs and settings, which are decided alike."""
    views = {job.job_id: job for job in jobs}
    groups: dict[tuple[object, ...], list[JobView]] = defaultdict(list)
    told: dict[tuple[object, ...], dict[str, object]] = {}
    for job_id, settings in connection.execute(select(JobRecord.id, JobRecord.settings).where(JobRecord.id.in_(views))):
        view = views[job_id]
        key = view.engine, view.needs, repr(sorted(settings.items()))
        groups[key].append(view)
        told[key] = settings
    return [(told[key], group) for key, group in groups.items()]
