"""Processes of one kind of environment grow from one that has imported what they need, and are like any other child."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dispatcher.local import forking
from dispatcher.local.adopted import Adopted
from dispatcher.local.child import Child, voicefarm
from dispatcher.local.forking import start_together
from tests.cli.running import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt others")

#: Seconds of a recording that takes longer to write than any of these tests.
ENDLESS = "3600"
Begin = Callable[..., Child]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Builds children that write a recording of so many seconds; kills them at the end."""
    begun: list[Child] = []

    def build(name: str, seconds: str = "1", **environment: str) -> Child:
        arguments = ["sample", str(tmp_path / f"{name}.wav"), "--seconds", seconds]
        ours = {**os.environ, "VOICEFARM_STATE": str(tmp_path / "state"), **environment}
        begun.append(voicefarm(name, arguments, tmp_path / "logs", ours))
        return begun[-1]

    yield build
    for child in begun:
        child.kill()


def _ended(child: Child) -> int:
    assert child.process is not None
    return child.process.wait(PATIENCE)


def test_processes_grown_together_are_our_children_with_arguments_and_logs_of_their_own(
    begin: Begin, tmp_path: Path
) -> None:
    children = [begin("a"), begin("b"), begin("c", "none")]
    start_together(children)
    assert all(isinstance(child.process, Adopted) for child in children)
    assert {child.process.pid for child in children if child.process} <= {
        *(process.pid for process in psutil.Process().children())
    }
    assert [_ended(child) for child in children] == [0, 0, 2]
    assert [path.name for path in sorted(tmp_path.glob("*.wav"))] == ["a.wav", "b.wav"]
    assert "a.wav: 1 s" in children[0].log.read_text()
    assert "b.wav: 1 s" in children[1].log.read_text()
    assert "'none' is not a valid" in children[2].log.read_text()
    assert all(child.log.stat().st_mode & 0o077 == 0 for child in children)


def test_they_can_be_asked_to_end_killed_and_started_again(begin: Begin) -> None:
    children = [begin("a", ENDLESS), begin("b", ENDLESS)]
    start_together(children)
    first, second = (child.process for child in children)
    assert isinstance(first, Adopted)
    assert isinstance(second, Adopted)
    assert os.getsid(first.pid) == first.pid
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(0.05)
    children[0].ask_to_stop()
    assert first.wait(PATIENCE) == -signal.SIGTERM
    os.kill(second.pid, signal.SIGKILL)
    assert second.wait(PATIENCE) == -signal.SIGKILL
    assert not any(child.is_alive for child in children)
    children[0].start()
    assert children[0].is_alive


def test_processes_with_environments_of_their_own_are_started_apart(begin: Begin) -> None:
    children = [begin("a"), begin("b", OMP_NUM_THREADS="7")]
    start_together(children)
    assert not any(isinstance(child.process, Adopted) for child in children)
    assert [_ended(child) for child in children] == [0, 0]


@pytest.mark.parametrize(
    "broken",
    [
        "raise SystemExit(3)",
        "print('no list')",
        # It forks but cannot say so: those that it forked must not go on beside those that are started instead.
        "import os, runpy; os.close(1); runpy.run_module('dispatcher.cli.seed', run_name='__main__')",
    ],
)
def test_without_a_seed_each_is_started_alone(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(forking, "SEED", (sys.executable, "-c", broken))
    before = psutil.Process().children()
    children = [begin("a"), begin("b")]
    start_together(children)
    assert not any(isinstance(child.process, Adopted) for child in children)
    assert [_ended(child) for child in children] == [0, 0]
    assert "a.wav: 1 s" in children[0].log.read_text()
    left = [process for process in psutil.Process().children() if process not in before]
    _, alive = psutil.wait_procs(left, PATIENCE)
    assert alive == []
