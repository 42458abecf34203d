"""Only the engine's own folder needs MLX, and it needs no torch."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workers" / "engines" / "rvc" / "mlx"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_mlx_is_imported_in_its_own_folder_only() -> None:
    found = {
        path.parent
        for package in ("dispatcher", "storage", "workers", "migrations")
        for path in (ROOT / package).rglob("*.py")
        if any(name.split(".")[0] == "mlx" for name in imported(path))
    }
    assert found == {FOLDER}


def test_its_folder_imports_nothing_from_torch() -> None:
    names = {name for path in FOLDER.glob("*.py") for name in imported(path)}
    assert names
    assert not [name for name in names if "torch" in name.split(".")]
