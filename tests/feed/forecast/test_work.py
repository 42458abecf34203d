"""Work in piles is simulated quickly, and comes to nearly the same as every recording by itself."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dispatcher.feed.forecast.work import Work, in_piles, modelled, one_by_one
from dispatcher.feed.views import ClassView
from tests.feed.forecast.farms import HOUR, MIXED, classes, farm_with, short_ones, work

#: Seconds of processor time for the largest batches, with a margin for a busy machine.
SOON = 6.0

BATCHES = {
    "1,500 short": short_ones(1_500),
    "one of 60 hours": [work(60 * HOUR)],
    "300 of 3 minutes": [work(180.0) for _ in range(300)],
    "a long one and 1,500 short": [work(5 * HOUR), *short_ones(1_500)],
    "ten of an hour and 500 short": [*short_ones(500), *[work(HOUR) for _ in range(10)]],
}


@pytest.mark.parametrize("fleet", [MIXED, (4.0, 4.0)], ids=["mixed", "two slow"])
@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_piles_end_within_three_hundredths_of_recordings_one_by_one(
    batch: Sequence[Work], fleet: tuple[float, ...]
) -> None:
    farm = classes(fleet)
    exact = farm_with(one_by_one(batch), farm).run()
    assert farm_with(in_piles(batch), farm).run() == pytest.approx(exact, rel=0.03)


def test_ours_ends_as_soon_in_piles_although_more_waits_before_it() -> None:
    """Of equal urgency: the oldest and the shortest take turns, and ours gets through."""
    before = [replace(work(180.0, at=-60.0, is_ours=False), likeness="bright") for _ in range(300)]
    works = [*before, *short_ones(600, 8.0)]
    ends = []
    for made in (one_by_one(works), in_piles(works)):
        model = farm_with(made, classes(MIXED))
        ours = [job for job, (_, is_ours) in zip(model.jobs, made.jobs(), strict=True) if is_ours]
        ends.append(model.run(ours))
    assert ends[1] == pytest.approx(ends[0], rel=0.1)


@pytest.mark.parametrize(
    "works", [short_ones(100_000), [work(1_000 * HOUR)]], ids=["100,000 short recordings", "1,000 hours"]
)
def test_large_batches_are_simulated_soon(works: Sequence[Work]) -> None:
    began = time.process_time()
    made = modelled(works)
    took = farm_with(made, classes(MIXED)).run()
    assert time.process_time() - began < SOON
    assert 1.0 < took / (sum(x.seconds for x in works) / sum(MIXED)) <= 1.05


def test_no_sound_is_lost_in_piles() -> None:
    for works in BATCHES.values():
        jobs = [job for job, _ in in_piles(works).jobs()]
        assert sum(job.seconds_waiting for job in jobs) == pytest.approx(sum(x.seconds for x in works))
        short = [x for x in works if x.is_short]
        assert sum(sum(job.recordings) for job in jobs) == len(short)


@pytest.mark.parametrize("long_is_first", [True, False])
def test_a_long_recording_and_many_short_ones_go_on_side_by_side(long_is_first: bool) -> None:
    """Ten hours and 20,000 short ones, equally urgent: what is older gets at least a third, and all ends as one."""
    long = work(10 * HOUR, at=-1.0 if long_is_first else 0.0)
    short = [*short_ones(20_000)]
    farm: list[ClassView] = classes(MIXED)
    model = farm_with(in_piles([long, *short]), farm)
    ideal = (long.seconds + sum(x.seconds for x in short)) / sum(MIXED)
    shares: list[float] = []
    for tenth in range(1, 5):
        model.at(tenth * ideal / 10, lambda: shares.append(share_of_long()))

    def share_of_long() -> float:
        done = {job.job_id: sum(job.atoms[atom] for atom in job.done) for job in model.jobs}
        (whole,) = (job.job_id for job in model.jobs if not job.recordings)
        return done[whole] / sum(done.values())

    assert model.run() <= 1.05 * ideal
    if long_is_first:
        assert all(1 / 3 <= share <= 2 / 3 for share in shares), shares
