"""How a machine stood while it was measured, and what it says of itself."""

import os
from pathlib import Path
from threading import Event

import pytest

from workers.engines.capability import detect
from workers.measuring import nvidia_smi
from workers.measuring.conditions import ProcessorUse, busy_before, device_facts, noise
from workers.measuring.device_state import DeviceState
from workers.measuring.energy import counted, sampled
from workers.measuring.figure import figure
from workers.measuring.watching import device_state, drawn_watts, is_power_looked_at

STEADY = [figure("conversion", str(n), "x", (2.0, 2.01, 2.0)) for n in range(20)]
SHAKY = [figure("conversion", f"shaky {n}", "x", (2.0, 2.9, 1.2)) for n in range(3)]

#: What the tool says when it is asked for either.
_TOOL = """#!/bin/sh
case "$*" in
  *--id=0*query-compute-apps*) echo "4711, /usr/bin/blender" ;;
  *--id=0*clocks.sm*) echo "1980, 41, 312.50, 3, Active, Not Active, Not Active" ;;
  *--id=0*power.draw*) echo "200.0" ;;
  *) echo "no such device" >&2; exit 6 ;;
esac
"""


def test_this_machine_tells_what_it_is() -> None:
    facts = device_facts(detect((), "cpu"))
    assert facts.machine_class.startswith("cpu.")
    assert facts.cores >= 1
    assert {"voicefarm", "numpy", "torch"} <= facts.versions.keys()
    assert 0.0 <= busy_before() <= 1.0


def test_quiet_machines_with_steady_figures_say_nothing() -> None:
    assert noise(0.02, 0.01, None, STEADY) == ()
    assert noise(0.02, 0.01, 0.0, [*STEADY, *SHAKY[:1]]) == ()


def test_other_programs_and_runs_that_are_far_apart_are_told() -> None:
    (busy,) = noise(0.6, 0.01, None, STEADY)
    assert busy == "other programs used 60 % of the processor before it began"
    (meanwhile,) = noise(0.0, 0.3, None, STEADY)
    assert meanwhile == "other programs used 30 % of the processor meanwhile"
    (device,) = noise(0.0, 0.01, 0.5, STEADY)
    assert device == "the device was 50 % busy before it began"
    (apart,) = noise(0.0, 0.01, None, [*STEADY, *SHAKY])
    assert apart == "runs of 3 of 23 figures are more than 5 % apart"


def test_the_processors_use_by_others_is_what_this_process_did_not_use() -> None:
    before, later = ProcessorUse(1000.0, 300.0, 20.0), ProcessorUse(1200.0, 450.0, 110.0)
    assert before.by_others(later) == pytest.approx(0.3)
    assert before.by_others(before) == 0.0
    own = ProcessorUse.now()
    sum(n * n for n in range(2_000_000))
    assert ProcessorUse.now().own > own.own


def test_a_disk_that_does_as_it_likes_makes_nothing_noisy() -> None:
    assert noise(0.0, 0.01, None, [figure("storage", str(n), "MB/s", (1.0, 9.0, 5.0)) for n in range(9)]) == ()


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one NVIDIA device, whose tool answers as the real one does."""
    (tmp_path / nvidia_smi.TOOL).write_text(_TOOL)
    (tmp_path / nvidia_smi.TOOL).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(nvidia_smi, "nvidia_devices", lambda environment: environment.get("DEVICES", "").split())


def test_what_the_tool_tells_of_a_device_is_read(device: None) -> None:
    assert device_state("cuda", {"DEVICES": "0"}) == DeviceState(
        1980.0, 41.0, 312.5, 0.03, "the power limit", ("/usr/bin/blender",)
    )
    assert drawn_watts("cuda", {"DEVICES": "0"}) == 200.0


def test_without_device_or_answer_nothing_is_told(device: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert device_state("cuda", {}) == device_state("cuda", {"DEVICES": "1"}) == DeviceState()
    assert drawn_watts("cuda", {"DEVICES": "1"}) is None
    monkeypatch.setenv("PATH", "/nowhere")
    assert device_state("cuda", {"DEVICES": "0"}) == DeviceState()


def test_the_energy_of_processors_is_the_difference_of_their_counters(tmp_path: Path) -> None:
    for name, joules in (("intel-rapl:0", 100), ("intel-rapl:1", 50), ("intel-rapl:0:0", 40)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{joules}000000\n")
    with counted("cpu", {}, tmp_path) as spent:
        (tmp_path / "intel-rapl:0" / "energy_uj").write_text("107500000\n")
    assert spent.joules == 7.5
    with counted("cpu", {}, tmp_path) as spent:
        (tmp_path / "intel-rapl:0" / "energy_uj").write_text("3\n")
    assert spent.joules is None
    with counted("cpu", {}, tmp_path / "elsewhere") as spent:
        pass
    assert spent.joules is None


def test_the_energy_of_a_device_is_its_power_over_time(device: None) -> None:
    with counted("cuda", {"DEVICES": "1"}) as spent:
        pass
    assert spent.joules is None


def test_the_energy_of_a_device_is_counted_in_runs_of_its_own(device: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.measuring.energy._EVERY", 0.01)
    monkeypatch.setattr("workers.measuring.energy._LONG_ENOUGH", 1.0)
    runs: list[bool] = []
    # A device at work leaves the processor alone.
    found = sampled(lambda: runs.append(Event().wait(0.02)), "cuda", {"DEVICES": "0"})
    assert len(found) == 3
    watts = drawn_watts("cuda", {"DEVICES": "0"})
    assert watts is not None
    # All runs of one go took a second at this power, less what passed after the last look.
    assert 0.3 * watts < sum(found) / 3 * len(runs) / 3 < 1.3 * watts
    assert sampled(lambda: None, "cuda", {"DEVICES": "1"}) == ()
    assert (is_power_looked_at("cuda"), is_power_looked_at("cpu")) == (True, False)


#: What powermetrics says of a Mac whose GPU works hard and is warm.
_MAC = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>thermal_pressure</key><string>Moderate</string>
<key>processor</key><dict><key>cpu_power</key><real>3000.0</real><key>combined_power</key><real>24500.0</real></dict>
<key>gpu</key><dict><key>freq_hz</key><real>1398.0</real><key>idle_ratio</key><real>0.25</real></dict>
</dict></plist>
"""


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Mac whose administrator lets anybody ask; the tool's answer is in a file."""
    answer = tmp_path / "answer"
    answer.write_bytes(_MAC.encode() + b"\0")
    sudo = tmp_path / "sudo"
    sudo.write_text(f"#!/bin/sh\ntest \"$1 $2\" = '-n powermetrics' && exec cat {answer}\n")
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    return answer


def test_a_mac_tells_its_power_its_clock_and_that_it_is_warm(mac: Path) -> None:
    state = device_state("mlx", {})
    assert state == DeviceState(1398.0, None, 24.5, 0.75, "heat (Moderate)")
    assert drawn_watts("mlx", {}) == 24.5
    assert is_power_looked_at("cpu"), "it tells of the whole chip"


@pytest.mark.parametrize(
    "answer", [b"", b"sudo: a password is required", b"<plist><string>no</string></plist>", b"<?xml?><plist>"]
)
def test_a_mac_that_may_not_be_asked_tells_nothing(mac: Path, answer: bytes) -> None:
    mac.write_bytes(answer)
    assert device_state("mlx", {}) == DeviceState()
    assert drawn_watts("mlx", {}) is None
