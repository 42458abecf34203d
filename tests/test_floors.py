"""Imports go down only, between floors and between rooms; frameworks stay inside their engine's folder."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Every room, from top to bottom: a room imports only what is below it, never what is above or beside it.
ORDER: tuple[tuple[str, ...], ...] = (
    ("dispatcher/cli",),
    ("dispatcher/client",),
    ("dispatcher/wishes",),
    ("dispatcher/local/checks",),
    ("dispatcher/local",),
    ("dispatcher/desk", "dispatcher/studio"),
    ("dispatcher/studio/split", "dispatcher/studio/stitch"),
    ("dispatcher/studio/stage",),
    ("dispatcher/hooks",),
    ("dispatcher/benchmarks", "dispatcher/quality", "dispatcher/reports"),
    ("dispatcher/feed/forecast",),
    ("dispatcher/feed",),
    ("dispatcher/jobs",),
    ("dispatcher/voices",),
    ("dispatcher/turns",),
    ("dispatcher/kinds",),
    ("dispatcher/sample",),
    ("workers",),
    ("workers/worker",),
    ("workers/measuring",),
    ("workers/engines/rvc/torch", "workers/engines/rvc/mlx", "workers/engines/rvc/files"),
    ("workers/engines/rvc", "workers/engines/world"),
    ("workers/engines",),
    ("workers/effects",),
    ("workers/wire",),
    ("migrations", "migrations/versions"),
    ("storage/extras",),
    ("storage/audio", "storage/objects", "storage/records"),
    ("storage",),
)
PLACE = {room: place for place, rooms in enumerate(ORDER) for room in rooms}
#: What the dispatcher may know about the workers: the wire that both stand on, and the engines' entrance.
OF_WORKERS = frozenset({"workers/wire", "workers/engines", "workers/effects"})
#: Rooms that may know more: one starts workers and measures, the other reads what was measured.
KNOWS_MORE = {
    "dispatcher/cli": frozenset({"workers/worker", "workers/measuring"}),
    "dispatcher/benchmarks": frozenset({"workers/measuring"}),
}
#: Packages that only one room may import.
CONFINED = {"click": "dispatcher/cli", "torch": "workers/engines/rvc/torch", "mlx": "workers/engines/rvc/mlx"}
#: The most that can be read in one sitting; splitting files shorter than this only makes splinters.
MOST_LINES = 400
FILES = sorted(
    path for floor in ("dispatcher", "workers", "migrations", "storage") for path in (ROOT / floor).rglob("*.py")
)
#: Folders beside the product that import it; `testing` holds what the other two share.
BESIDE = ("bench", "testing", "tests")


def modules_of(paths: Iterable[Path]) -> Mapping[str, Path]:
    """The files by their module names."""
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = modules_of(FILES)


def imported(path: Path, modules: Iterable[str] = MODULES) -> Iterator[str]:
    """The modules that a file imports anywhere; a module imported by name from its package counts as that module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            whole = node.module or ""
            yield from (inner if (inner := f"{whole}.{alias.name}") in modules else whole for alias in node.names)


def room_of(module: str) -> str | None:
    """The room that one of our modules is in."""
    if module not in MODULES:
        return None
    return MODULES[module].parent.relative_to(ROOT).as_posix()


def faults(path: Path, room: str) -> list[str]:
    """What a file in this room imports but must not."""
    found = []
    for name in imported(path):
        other = room_of(name)
        if other is not None and other != room and not _may(room, other):
            found.append(name)
        package = name.split(".", maxsplit=1)[0]
        if package in CONFINED and not room.startswith(CONFINED[package]):
            found.append(name)
    return found


def _may(room: str, other: str) -> bool:
    if room.startswith("dispatcher/") and other.startswith("workers"):
        return other in OF_WORKERS | KNOWS_MORE.get(room, frozenset())
    return PLACE[room] < PLACE[other]


def circle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """The first modules found that import each other in a circle, if any."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for other in arrows.get(module, ()):
            if found := walk(other, [*way, module]):
                return found
        done.add(module)
        return []

    return next((found for module in arrows if (found := walk(module, []))), [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    assert faults(path, path.parent.relative_to(ROOT).as_posix()) == []


def test_every_room_has_its_place() -> None:
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in FILES if path.read_text(encoding="utf-8").strip()}
    assert rooms == {room for room in PLACE if room in rooms}


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circle({name: [x for x in imported(path) if x in MODULES] for name, path in MODULES.items()}) == []
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]


@pytest.mark.parametrize("folder", BESIDE)
def test_tests_and_benchmarks_do_not_import_each_other(folder: str) -> None:
    others = [other for other in BESIDE if other not in (folder, "testing")]
    paths = list((ROOT / folder).rglob("*.py"))
    assert [(path, name) for path in paths for name in imported(path) if name.split(".")[0] in others] == []


def test_benchmarks_and_testing_have_no_import_cycles() -> None:
    modules = modules_of(path for folder in BESIDE for path in (ROOT / folder).rglob("*.py"))
    arrows = {name: [x for x in imported(path, modules) if x in modules] for name, path in modules.items()}
    assert circle(arrows) == []


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("from dispatcher.jobs.life import Event", "workers/worker"),
        ("import workers.app", "storage"),
        ("from dispatcher.desk.desk import Desk", "dispatcher/feed"),
        ("from dispatcher.desk import desk", "dispatcher/studio"),
        ("from dispatcher.cli.main import main", "dispatcher/local"),
        ("from workers.worker.node import Node", "dispatcher/desk"),
        ("from workers.engines.rvc.architecture import ANALYSIS_RATE", "dispatcher/voices"),
        ("from workers.engines.catalog import engine_names", "workers/wire"),
        ("def f():\n    import torch", "workers/worker"),
        ("import mlx.core as mx", "workers/engines/rvc/torch"),
        ("import click", "dispatcher/reports"),
    ],
)
def test_an_import_that_goes_up_or_aside_is_found(tmp_path: Path, text: str, room: str) -> None:
    path = tmp_path / "any.py"
    path.write_text(text, encoding="utf-8")
    assert faults(path, room)


def test_no_file_is_too_long_to_read_in_one_sitting() -> None:
    long = {p.relative_to(ROOT).as_posix(): n for p in FILES if (n := len(p.read_text().splitlines())) > MOST_LINES}
    assert long == {}
