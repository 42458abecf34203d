"""The Python code in docs/api.md is run as written."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import soundfile

from dispatcher.client import Farm
from testing.sounds import tone
from tests.docs.test_quick_start import PATIENCE, shell
from tests.infra.places import DOCS

__all__ = ["shell"]

_PYTHON = re.compile(r"^<!-- run -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
API = (DOCS / "api.md").read_text(encoding="utf-8")


def test_ten_lines_convert_a_folder_and_report_what_was_bad(tmp_path: Path, shell: Mapping[str, str]) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("one.wav", "two.wav"):
        soundfile.write(folder / name, tone(16_000, 16_000), 16_000)
    (folder / "bad.wav").write_bytes(b"no sound")
    (block,) = _PYTHON.findall(API)
    done = subprocess.run(
        [sys.executable, "-c", block],
        check=False,
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    said = set(done.stdout.splitlines())
    assert {"recordings/one.wav -> converted/one.flac", "recordings/two.wav -> converted/two.flac"} < said
    assert any(line.startswith("recordings/bad.wav: ") for line in said)
    assert soundfile.info(tmp_path / "converted" / "one.flac").frames == 24_000
    assert len([line for line in block.splitlines() if line]) <= 10


def test_every_method_has_a_line_in_the_table() -> None:
    ours = [kind for kind in Farm.__mro__ if kind.__module__.startswith("dispatcher.")]
    methods = {name for k in ours for name, value in vars(k).items() if callable(value) and not name.startswith("_")}
    assert {name for name in methods if f"`{name}" not in API and f".{name}(" not in API} <= {
        "open_store",
        "require_broker",
    }
