"""Imports go down only: dispatcher, then workers, then storage; and frameworks stay inside their engine's folder."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: What each floor may import of our own.
BELOW = {
    "storage": {"storage"},
    "workers": {"workers", "storage"},
    "dispatcher": {"dispatcher", "workers", "storage", "migrations"},
    "migrations": {"migrations", "storage"},
}
FRAMEWORKS = {"torch": "workers/engines/rvc/torch", "mlx": "workers/engines/rvc/mlx"}
FILES = sorted(path for floor in BELOW for path in (ROOT / floor).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def faults(path: Path, relative: str) -> list[str]:
    floor = relative.split("/", maxsplit=1)[0]
    ours = {name for name in BELOW if name not in BELOW[floor]}
    found = [name for name in imported(path) if name.split(".")[0] in ours]
    for framework, home in FRAMEWORKS.items():
        if not relative.startswith(home):
            found += [name for name in imported(path) if name.split(".")[0] == framework]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    assert faults(path, path.relative_to(ROOT).as_posix()) == []


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("from dispatcher.life import Event", "workers/any.py"),
        ("import workers.app", "storage/any.py"),
        ("def f():\n    import torch", "workers/any.py"),
        ("import mlx.core as mx", "workers/engines/rvc/torch/any.py"),
    ],
)
def test_an_import_that_goes_up_is_found(tmp_path: Path, text: str, relative: str) -> None:
    path = tmp_path / "any.py"
    path.write_text(text, encoding="utf-8")
    assert faults(path, relative)


def test_no_file_is_longer_than_one_can_read_at_a_sitting() -> None:
    long = {p.relative_to(ROOT).as_posix(): n for p in FILES if (n := len(p.read_text().splitlines())) > 300}
    assert long == {}
