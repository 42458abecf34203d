import pytest

from dispatcher.reports.pace import pace_of
from dispatcher.reports.period import PeriodRows, report_period
from dispatcher.reports.text import period_sections
from dispatcher.reports.work import Life, Portion, Span, by_capability, by_worker, class_of_worker, sum_work
from storage.prices import NO_PRICES, Prices

WINDOW = Span(100.0, 120.0)


def portion(worker: str, outcome: str, atoms: int, audio: float, busy: float, capability: str = "cpu") -> Portion:
    return Portion(worker, capability, "old", "world", "bright", outcome, atoms, audio, busy)


def test_speed_counts_what_was_converted_and_use_counts_all_work() -> None:
    work = sum_work(
        "one",
        [
            portion("one", "done", 3, 60.0, 6.0),
            portion("one", "late", 1, 20.0, 2.0),
            portion("one", "cached", 2, 40.0, 1.0),
        ],
        present=18.0,
    )
    assert (work.done, work.cached, work.late, work.failed) == (3, 2, 1, 0)
    assert (work.audio_seconds, work.busy_seconds) == (60.0, 9.0)
    assert (work.realtime_factor, work.utilisation) == (10.0, 0.5)


def test_a_worker_that_did_nothing_new_has_no_speed() -> None:
    work = sum_work("one", [portion("one", "cached", 2, 40.0, 1.0)])
    assert (work.realtime_factor, work.utilisation, work.present_seconds) == (None, None, None)


def test_work_that_seems_to_outlast_the_last_heartbeat_counts_as_full_use() -> None:
    assert sum_work("one", [portion("one", "done", 1, 20.0, 5.0)], present=4.0).utilisation == 1.0


def test_present_is_the_overlap_of_all_runs_with_the_window() -> None:
    lives = [
        Life("one", "cpu", Span(90.0, 104.0)),
        Life("one", "cpu", Span(110.0, 130.0)),
        Life("idle", "cuda", Span(115.0, 117.0)),
        Life("before", "cpu", Span(80.0, 99.0)),
    ]
    work = by_worker([portion("one", "done", 1, 20.0, 7.0)], lives, WINDOW)
    assert [(w.name, w.present_seconds, w.utilisation) for w in work] == [("idle", 2.0, 0.0), ("one", 14.0, 0.5)]
    classes = by_capability([portion("one", "done", 1, 20.0, 7.0)], lives, WINDOW)
    assert [(w.name, w.present_seconds) for w in classes] == [("cpu", 14.0), ("cuda", 2.0)]


def test_a_worker_without_a_record_is_counted_as_unknown() -> None:
    (work,) = by_capability([portion("x", "done", 1, 20.0, 2.0, capability="")], [], WINDOW)
    assert (work.name, work.done, work.utilisation) == ("unknown", 1, None)


def test_the_ideal_counts_each_worker_for_as_long_as_it_was_there() -> None:
    # 200 s of audio: 10x all the time plus 20x half the time make 20x, so the 20 s could have been 10.
    portions = [portion("slow", "done", 5, 100.0, 10.0), portion("fast", "done", 5, 100.0, 5.0)]
    lives = [Life("slow", "cpu", WINDOW), Life("fast", "cuda", Span(110.0, 125.0))]
    conversion = pace_of(WINDOW, by_worker(portions, lives, WINDOW))
    assert conversion.audio_seconds == 200.0
    assert conversion.ideal_seconds == pytest.approx(10.0)
    assert conversion.over_ideal == pytest.approx(2.0)


def test_there_is_no_ideal_if_nothing_was_converted() -> None:
    conversion = pace_of(WINDOW, by_worker([], [Life("one", "cpu", WINDOW)], WINDOW))
    assert (conversion.seconds, conversion.ideal_seconds, conversion.over_ideal) == (20.0, None, None)
    assert pace_of(Span(5.0, 5.0), []).ideal_seconds is None


def test_work_costs_what_its_machines_cost_for_as_long_as_they_worked() -> None:
    prices = Prices({"cuda.h200": 3.6, "cpu": 0.36}, {})
    portions = [
        portion("cuda.h200-1@box", "done", 3, 3600.0, 10.0, "cuda"), portion("cpu.epyc-2@box", "late", 1, 20.0, 100.0),
    ]  # fmt: skip
    work = sum_work("all", portions, prices=prices)
    assert work.cost == pytest.approx(0.01 + 0.01)
    assert work.cost_per_hour == pytest.approx(0.02)
    assert sum_work("all", portions).cost is None
    # Half of a price would mislead.
    assert sum_work("all", portions, prices=Prices({"cuda": 3.6}, {})).cost is None
    assert sum_work("all", portions[1:], prices=prices).cost_per_hour is None


@pytest.mark.parametrize(
    ("name", "capability", "machine_class"),
    [
        ("cpu.amd-epyc-12@box", "cpu", "cpu.amd-epyc"),
        ("one", "cpu", "cpu"),
        ("a-b@c", "cuda", "cuda"),
        ("", "cpu", "cpu"),
    ],
)
def test_a_worker_s_name_tells_its_class(name: str, capability: str, machine_class: str) -> None:
    assert class_of_worker(name, capability) == machine_class


def test_reports_show_costs_where_prices_are_set_alone() -> None:
    done = [portion("cpu.epyc-1@box", "done", 3, 7200.0, 3600.0)]
    for prices, shown in ((Prices({"cpu": 0.5}, {}), True), (NO_PRICES, False)):
        sections = list(period_sections(report_period(PeriodRows(done, [], {}), WINDOW, prices)))
        assert (("cost", "0.25 an hour of audio") in sections[0].rows) == shown
        assert all(("cost an hour" in section.columns) == shown for section in sections[1:] if section.rows)
