"""How near stages come to what a device can do."""

import pytest

from dispatcher.benchmarks.report import report_of
from dispatcher.benchmarks.roofline import counted, has_roof, intensity, roof
from tests.benchmarks.measured import measured
from workers.engines.catalog import engine
from workers.engines.probe import Peaks

PEAKS = Peaks(gigaflops=400.0, gigabytes=20.0, value_bytes=2)


def test_the_roof_is_memory_first_and_arithmetic_then() -> None:
    assert roof(PEAKS, 1.0) == 20.0
    assert roof(PEAKS, 20.0) == 400.0
    assert roof(PEAKS, 1000.0) == 400.0


def test_stages_whose_work_was_not_counted_are_left_out() -> None:
    assert [stage.name for stage in counted(measured().stages)] == ["generator", "pitch"]
    assert has_roof(measured())


def test_a_stage_lies_where_its_work_and_what_it_moves_put_it() -> None:
    generator = measured().stages[0]
    # 120 billion operations for 400 million values of two bytes.
    assert intensity(generator, PEAKS) == pytest.approx(150.0)
    page = report_of(measured())
    assert "| generator | 300.0 | 75.0 % | 400 |" in page
    assert "A plain product of large matrices of 16-bit numbers does 420.0 GFLOP/s, a plain copy 20.0 GB/s." in page


def test_an_engine_with_nets_counts_the_arithmetic_of_its_stages() -> None:
    work = engine("rvc").arithmetic(5.0)
    assert set(work) == {"content", "pitch", "retrieval", "encoder", "generator"}
    assert max(work, key=lambda name: work[name].gigaflops) == "generator"
    assert all(one.gigaflops > 0.0 and one.values > 0.0 for one in work.values())
    assert engine("world").arithmetic(5.0) == {}
