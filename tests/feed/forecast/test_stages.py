"""What decides when a batch ends: handing in, splitting, converting or stitching."""

import pytest

from dispatcher.feed.forecast.stages import (
    BYTES_A_SECOND,
    FIRST_ATOM,
    HANDED_IN_A_SECOND,
    SPLIT,
    START,
    Cost,
    Load,
    Took,
    Way,
    measured,
)

HOUR = 3600.0
#: A second for each recording to split and two to stitch, and ten and twenty for each hour.
SPLITS, STITCHES = Cost(1.0, 10.0), Cost(2.0, 20.0)


def way(load: Load, before: Load = Load(), cores: int = 0) -> Way:  # noqa: B008 - it is frozen
    return Way(load, load + before, load + before, 2, SPLITS, STITCHES, cores)


def test_a_long_recording_is_stitched_after_it_is_converted() -> None:
    handed_in = 1 / HANDED_IN_A_SECOND + 1.0
    load = Load(1, 10 * HOUR, 10 * HOUR, round(BYTES_A_SECOND))
    assert way(load).end(1000.0) == pytest.approx(handed_in + FIRST_ATOM + 1000.0 + 202.0)


def test_of_many_recordings_the_slowest_stage_decides_and_the_last_goes_through_the_others() -> None:
    many = way(Load(100, HOUR, HOUR / 100))
    assert many.stages(500.0) == pytest.approx(
        {"handing in": 100 / HANDED_IN_A_SECOND, "splitting": 55.0, "converting": 500.0, "stitching": 110.0}
    )
    assert many.end(500.0) == pytest.approx(500.0 + FIRST_ATOM + 1 / HANDED_IN_A_SECOND + 2.2)
    assert many.end(10.0) == pytest.approx(55.0 + 110.0 + 1 / HANDED_IN_A_SECOND), "splits and stitches share processes"


def test_what_is_before_it_is_split_and_stitched_as_well() -> None:
    before = Load(100, HOUR)
    assert way(Load(1, 60.0, 60.0), before).end(10.0) == pytest.approx(165.0, rel=0.02)


def test_on_one_machine_all_stages_share_its_cores_and_its_farm_must_start() -> None:
    load = Load(100, HOUR, HOUR / 100)
    beside = 100 / HANDED_IN_A_SECOND + 110.0 + 220.0
    assert way(load, cores=2).end(500.0) == pytest.approx(START + 500.0 + beside / 2)


def test_costs_are_the_medians_of_recent_jobs_as_far_as_they_tell() -> None:
    long = [Took(HOUR, took) for took in (12.0, 10.0, 900.0)]
    short = [Took(36.0, took) for took in (0.52, 0.50, 7.0, 0.51)]
    assert measured([*long, *short], SPLIT, 1).recording == pytest.approx(0.395)
    assert measured([*long, *short], SPLIT, 4).recording == pytest.approx(0.395 / 4)
    assert measured(long, SPLIT, 1) == Cost(SPLIT.recording, 12.0)
    assert measured([Took(120.0, 1.0)], SPLIT, 1) == SPLIT
