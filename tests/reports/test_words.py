from datetime import datetime

import pytest

from dispatcher.reports.period import moment_of
from dispatcher.reports.sections import table_section
from dispatcher.reports.sound_panels import clock, round_step
from dispatcher.reports.wording import shown_duration, shown_factor, shown_memory, shown_share
from storage.errors import InputError

NOW = datetime(2025, 3, 8, 12, 0).timestamp()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.0, "0.0 s"), (12.34, "12.3 s"), (59.96, "0:01:00"), (3723.4, "1:02:03"), (360_000.0, "100:00:00")],
)
def test_durations_are_short_and_readable(seconds: float | None, shown: str) -> None:
    assert shown_duration(seconds) == shown


def test_factors_shares_and_memory_are_rounded_for_reading() -> None:
    assert (shown_factor(14.24), shown_factor(None)) == ("14.2x", "")
    assert (shown_share(0.985), shown_share(None)) == ("98.5 %", "")
    assert (shown_memory(312.4), shown_memory(3174.4)) == ("312 MB", "3.1 GB")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7d", NOW - 604_800),
        ("12h", NOW - 43_200),
        (" 30m ", NOW - 1800),
        ("1.5h", NOW - 5400),
        ("2025-03-01", datetime(2025, 3, 1).timestamp()),
        ("2025-03-08 11:30", NOW - 1800),
    ],
)
def test_the_beginning_of_a_period_can_be_written_in_several_ways(text: str, moment: float) -> None:
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "7", "7 days", "-3d", "2025-13-01", "2025-03-09", "soon"])
def test_a_malformed_beginning_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write"):
        moment_of(text, NOW)


@pytest.mark.parametrize(
    ("seconds", "step", "shown"),
    [
        (0.0, 1.0, "0:00"),
        (75.0, 15.0, "1:15"),
        (3723.0, 1.0, "1:02:03"),
        (1.5, 0.5, "0:01.5"),
        (60.25, 0.05, "1:00.25"),
    ],
)
def test_clock_times_are_as_precise_as_their_step(seconds: float, step: float, shown: str) -> None:
    assert clock(seconds, step) == shown


def test_ticks_are_at_round_times() -> None:
    assert [round_step(s) for s in (0.01, 0.7, 16.0, 3500.0, 40_000.0)] == [0.05, 1, 30, 3600, 43_200.0]


def test_columns_without_any_number_are_left_out() -> None:
    section = table_section("work", ("worker", "done", "late"), [("one", "3", ""), ("two", "", "")])
    assert (section.columns, section.rows) == (("worker", "done"), [("one", "3"), ("two", "")])
    assert section.numbers == {"done"}
