"""On a machine with several NVIDIA devices, one command serves with all of them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from dispatcher.cli import serve
from dispatcher.local import log_secrets, private_state
from storage.errors import SettingsError
from workers.engines.nvidia import VISIBLE, nvidia_devices
from workers.wire import naming
from workers.worker import running


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of devices, with three of NVIDIA's."""
    for name in ("nvidiactl", "nvidia10", "nvidia2", "nvidia0", "nvidia-uvm", "nvidia-modeset", "null"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("chosen", "devices"),
    [
        (None, ("0", "2", "10")),
        ("1", ("1",)),
        ("2, 0", ("2", "0")),
        ("GPU-8932f937,MIG-1", ("GPU-8932f937", "MIG-1")),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", ("0",)),
    ],
)
def test_devices_are_those_that_the_machine_has_or_that_its_owner_left(
    machine: Path, chosen: str | None, devices: tuple[str, ...]
) -> None:
    assert nvidia_devices({} if chosen is None else {VISIBLE: chosen}, machine) == devices


def test_without_the_driver_there_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "nvidia0").touch()
    assert nvidia_devices({VISIBLE: "0,1"}, tmp_path) == ()


class Served:
    """What a worker command came to, without its work."""

    def __init__(self) -> None:
        self.parts: Mapping[str, Sequence[str]] = {}
        self.device: str | None = None

    def keep_running(self, _: object, parts: Mapping[str, Sequence[str]], __: str) -> None:
        self.parts = parts

    def run_worker(self, *_: object) -> int:
        self.device = os.environ.get(VISIBLE, "any")
        return 0


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Served:
    found = Served()
    monkeypatch.setenv("VOICEFARM_STATE", str(tmp_path / "state"))
    monkeypatch.setenv(VISIBLE, "0,3")
    monkeypatch.setattr(serve, "nvidia_devices", lambda environment: tuple(environment[VISIBLE].split(",")))
    monkeypatch.setattr(serve, "_keep_running", found.keep_running)
    monkeypatch.setattr(running, "run_worker", found.run_worker)
    # What concerns this process and not only the worker that it plays.
    monkeypatch.setattr(private_state, "serve_privately", lambda _: None)
    monkeypatch.setattr(log_secrets, "hide_in_logs", lambda _: None)
    monkeypatch.setattr(naming, "name_process", lambda _: None)
    return found


def worker(*arguments: str) -> None:
    CliRunner().invoke(serve.worker_command, arguments, catch_exceptions=False)


def test_each_device_has_a_worker_with_the_same_arguments(served: Served) -> None:
    worker("--tag", "studio-a", "--tag", "fast")
    same = ["worker", "--tag=studio-a", "--tag=fast"]
    assert served.parts == {"device-0": [*same, "--device=0"], "device-3": [*same, "--device=3"]}
    assert served.device is None


def test_a_worker_for_one_device_sees_no_other(served: Served) -> None:
    worker("--device", "3")
    assert (served.device, served.parts) == ("3", {})


def test_a_processor_is_one_worker_however_many_devices_there_are(served: Served) -> None:
    worker("--only", "cpu")
    assert (served.device, served.parts) == ("0,3", {})


def test_a_device_that_is_not_there_is_refused(served: Served) -> None:
    with pytest.raises(SettingsError, match="there is no NVIDIA device 7; there are 0, 3"):
        worker("--device", "7")
