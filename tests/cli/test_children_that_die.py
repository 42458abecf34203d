"""Children that keep dying are started again and reported."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dispatcher.local import child as children
from dispatcher.local.child import Child
from dispatcher.local.processes import DEATHS_TO_TELL, Supervisor
from testing.services.waiting import wait_until

Watch = Callable[[str], tuple[Child, list[str]]]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Watches a child that is a line of shell; returns the child and the list of what is reported about it."""
    monkeypatch.setattr(children, "RESTART_PAUSES", (0.01,))
    monkeypatch.setattr(children, "HEALTHY", 1.0)
    supervisors: list[Supervisor] = []

    def begun(script: str) -> tuple[Child, list[str]]:
        told: list[str] = []
        child = Child("flower", ["sh", "-c", script], tmp_path / "logs" / "flower.log", {"PATH": "/usr/bin:/bin"})
        supervisors.append(Supervisor([child], told.append))
        supervisors[-1].start()
        return child, told

    yield begun
    for supervisor in supervisors:
        supervisor.stop()


@pytest.mark.parametrize(("script", "how"), [("exit 3", "with exit status 3"), ("kill -9 $$", "by SIGKILL")])
def test_a_child_that_keeps_dying_is_reported_once(watch: Watch, script: str, how: str) -> None:
    child, told = watch(script)
    wait_until(lambda: child.deaths >= DEATHS_TO_TELL + 3, 20, "more deaths than are reported")
    (said,) = told
    assert said == (
        f"flower does not stay up: it ended 3 times soon after its start, at last {how};"
        f" it is started again and again, {child.log} may say why it ends"
    )


def test_a_child_that_recovered_in_between_is_reported_again(watch: Watch, tmp_path: Path) -> None:
    ill = tmp_path / "ill"
    ill.touch()
    child, told = watch(f"while [ ! -e {ill} ]; do sleep 0.05; done")
    wait_until(lambda: len(told) == 1, 20, "the first time")
    ill.unlink()
    wait_until(lambda: child.is_alive and child.lived() > children.HEALTHY, 20, "a healthy child")
    ill.touch()
    wait_until(lambda: len(told) == 2, 20, "the second time")


def test_a_log_that_cannot_be_written_does_not_end_the_watch(watch: Watch, tmp_path: Path) -> None:
    child, _ = watch("exit 0")
    good = child.log
    (tmp_path / "file").touch()
    child.log = tmp_path / "file" / "flower.log"
    before = child.deaths
    wait_until(lambda: child.deaths > before + 2, 20, "more failed tries")
    good.unlink()
    child.log = good
    wait_until(good.exists, 20, "the child to be started again")
