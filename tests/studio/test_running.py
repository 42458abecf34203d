"""A studio works on as many recordings at a time as its machine has room for, or as its owner says."""

from dispatcher.studio.running import processes
from storage.settings import Settings


def test_a_studio_leaves_most_cores_to_the_workers() -> None:
    assert [processes(Settings(), cores) for cores in (1, 2, 8, 16, 64)] == [2, 2, 2, 4, 16]


def test_an_owner_may_give_it_the_whole_machine_or_less() -> None:
    assert processes(Settings(studios=64), 64) == 64
    assert processes(Settings(studios=1), 64) == 1
