import pytest

from dispatcher.local.crew import Crew, Machine, crew_for, engines_here, this_machine
from workers.engines.catalog import engine
from workers.engines.engine import Engine

GB = 10**9
BOX = Machine(cores=16, free_bytes=64 * GB, has_accelerator=False)
GPU_BOX = Machine(cores=16, free_bytes=64 * GB, has_accelerator=True)
NETS, RULES = [engine("rvc")], [engine("world")]


def test_a_processor_gets_one_worker_for_each_core() -> None:
    assert crew_for(BOX, NETS) == Crew(0, 16, 1)
    assert crew_for(BOX, RULES) == Crew(0, 16, 1)


def test_memory_limits_the_workers_and_the_remaining_cores_become_threads() -> None:
    small = Machine(cores=16, free_bytes=12 * GB, has_accelerator=False)
    assert crew_for(small, NETS) == Crew(0, 4, 4)
    assert crew_for(small, RULES) == Crew(0, 16, 1)
    assert crew_for(small, [*NETS, *RULES]) == Crew(0, 4, 4)


def test_a_machine_too_small_for_one_worker_still_gets_one() -> None:
    assert crew_for(Machine(2, GB, has_accelerator=False), NETS) == Crew(0, 1, 2)


def test_a_short_recording_gets_few_workers_and_nets_all_the_threads() -> None:
    assert crew_for(BOX, NETS, most=1) == Crew(0, 1, 16)
    assert crew_for(BOX, NETS, most=5) == Crew(0, 5, 3)
    assert crew_for(BOX, RULES, most=1) == Crew(0, 1, 1)


def test_an_accelerator_gets_one_worker_for_nets_and_none_for_rules() -> None:
    assert crew_for(GPU_BOX, NETS) == Crew(1, 0, 16)
    assert crew_for(GPU_BOX, RULES) == Crew(0, 16, 1)


@pytest.mark.parametrize(
    ("engines", "require", "accelerated"),
    [(NETS, ["cpu"], 0), (NETS, ["studio-a"], 1), (RULES, ["cuda"], 1), (RULES, ["mlx"], 1), (RULES, [], 0)],
)
def test_the_crew_offers_what_a_job_requires(engines: list[Engine], require: list[str], accelerated: int) -> None:
    assert crew_for(GPU_BOX, engines, require=require).on_accelerator == accelerated


@pytest.mark.parametrize(("asked", "crew"), [(1, Crew(1, 0, 16)), (4, Crew(1, 3, 4)), (32, Crew(1, 31, 1))])
def test_as_many_workers_as_asked_for_with_the_first_on_the_accelerator(asked: int, crew: Crew) -> None:
    assert crew_for(GPU_BOX, NETS, asked=asked) == crew
    assert crew.size == asked


def test_this_machine_has_what_a_crew_is_planned_from() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.free_bytes > 100_000_000
    assert {"world", "rvc"} <= {engine.name for engine in engines_here()}
