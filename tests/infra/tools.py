"""Tools that check infra/; a missing one is skipped with a hint what to install, but CI must have them all."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

#: Debian's package of each tool; .ci/run installs them.
PACKAGES = {
    "docker-compose": "docker-compose",
    "nginx": "nginx",
    "promtool": "prometheus",
    "redis-check-rdb": "redis-tools",
    "shellcheck": "shellcheck",
    "systemd-analyze": "systemd",
}


def tool(name: str) -> str:
    """Finds a tool; if it is missing, the test is skipped, but fails in CI."""
    # pip's programs are beside the interpreter, daemons in sbin, and neither is always on the PATH.
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
    if found := shutil.which(name, path=places):
        return found
    missing = f"{name} is not installed; " + (
        f"apt-get install {PACKAGES[name]}" if name in PACKAGES else f"pip install {name}-bin"
    )
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def run(command: Sequence[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
    """What a tool says about our files, whatever its exit status."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload,no-any-return]
