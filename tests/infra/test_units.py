import re
from pathlib import Path

import pytest

from tests.infra.places import INFRA
from tests.infra.tools import run, tool

UNITS = sorted(INFRA.glob("systemd/*.*"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
#: The highest exposure that `systemd-analyze security` may report, out of 10: workers need devices, Flower very little.
EXPOSURE = {
    "voicefarm-dispatcher.service": 1.3, "voicefarm-flower.service": 1.2, "voicefarm-metrics.service": 1.3,
    "voicefarm-watch@.service": 1.6,
    "voicefarm-worker@.service": 1.9,
}  # fmt: skip
#: Older versions of systemd do not know these keys and say so, as comments in the units explain.
NEWER_KEYS = re.compile(r"Unknown key '(RestartSteps|RestartMaxDelaySec)'")
PROGRAM = re.compile(r"^ExecStart=/opt/voicefarm/bin/\w+", re.MULTILINE)

each_service = pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    # The programs exist only where voicefarm is installed, so one that every machine has stands in for them.
    text = PROGRAM.sub("ExecStart=/bin/true", unit.read_text(encoding="utf-8"))
    copy = tmp_path / unit.name.replace("@.", "@1.")
    copy.write_text(text, encoding="utf-8")
    said = run([tool("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", copy]).stderr
    faults = [line for line in said.splitlines() if unit.stem[:9] in line and not NEWER_KEYS.search(line)]
    assert not faults


@each_service
def test_systemd_rates_the_units_as_little_exposed(unit: Path) -> None:
    said = run([tool("systemd-analyze"), "security", "--offline=true", "--no-pager", unit])
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", said.stdout)
    assert found, said.stderr
    assert float(found[1]) <= EXPOSURE[unit.name], said.stdout


@each_service
def test_system_calls_and_memory_are_bounded(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert "SystemCallFilter=@system-service\n" in text
    assert re.search(r"^MemoryMax=\d+[%G]$", text, re.MULTILINE)
    # Without it, a forbidden call kills the process instead of failing.
    assert "SystemCallErrorNumber=EPERM\n" in text
