"""Devices side by side, and what they bring over the processor beside them."""

from dataclasses import replace

from dispatcher.benchmarks.comparison import comparison_of
from dispatcher.benchmarks.report import report_of, shown_number
from dispatcher.benchmarks.table import table_of
from tests.benchmarks.measured import measured, speed
from workers.measuring.figure import Better, figure


def test_the_fastest_is_first_and_one_without_nets_last() -> None:
    found = comparison_of(
        {
            "a": measured(speed(2.0)),
            "b": measured(figure("world", "WORLD, 30 s", "x", (20.0,))),
            "c": measured(speed(9.0)),
        }
    )
    assert [(one.name, one.realtime) for one in found.devices] == [("c", 9.0), ("a", 2.0), ("b", None)]


def test_a_device_is_put_beside_the_processor_of_its_own_host_alone() -> None:
    found = comparison_of(
        {
            "here": measured(speed(2.0)),
            "there": measured(speed(4.0), host="two"),
            "gpu": measured(speed(100.0), capability="cuda", host="two"),
            "lone": measured(speed(50.0), capability="cuda", host="three"),
        }
    )
    over = {one.name: one.over_processor for one in found.devices}
    assert over == {"here": None, "there": None, "gpu": 25.0, "lone": None}


def test_rows_have_a_cell_for_each_device_and_mark_the_best() -> None:
    less = figure("conversion", "until it is there", "s", (3.0,), Better.LESS)
    more = figure("conversion", "until it is there", "s", (5.0,), Better.LESS)
    page = table_of(
        comparison_of({"a": measured(speed(2.0), less), "b": measured(speed(1.0), more)}), has_picture=False
    )
    assert "| balanced, 30 s, x | **2** | 1 |" in page
    assert "| until it is there, s | **3** | 5 |" in page
    assert "png" not in page


def test_the_page_of_a_device_says_whether_it_was_quiet() -> None:
    assert "Quiet." in report_of(measured())
    noisy = report_of(measured(noise=("other programs used 60 % of the processor before it began",)))
    assert "**Noisy**: other programs used 60 % of the processor before it began" in noisy
    assert "| `aten::mm\\|x` | 50.0 | 3 | 20.0 % |" in noisy
    assert "- The nets had random weights." in noisy
    told = replace(measured(), conditions=replace(measured().conditions, clock_mhz=2596.0, device_power_w=312.0))
    assert "Processor 2596 MHz, drawing 312 W." in report_of(told)


def test_figures_of_a_suite_stand_together_however_they_were_measured() -> None:
    memory = [figure("memory", name, "MB", (1.0,)) for name in ("one", "other")]
    page = report_of(measured(memory[0], speed(), memory[1]))
    assert page.count("## Memory") == 1
    assert page.index("| one |") < page.index("| other |") < page.index("## Conversion")


def test_numbers_have_as_many_digits_as_they_deserve() -> None:
    assert [shown_number(x) for x in (0.01234, 2.345, 23.45, 234.5, 23456.7)] == [
        "0.0123", "2.35", "23.4", "234.5", "23,457",
    ]  # fmt: skip
