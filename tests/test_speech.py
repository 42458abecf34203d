"""Only the command line mentions commands and options: a page or a script has other names for the same remedies."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dispatcher.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
#: The one room that may name its own commands.
COMMAND_LINE = "dispatcher/cli/"
#: A command, with or without back-ticks, perhaps after options; or an option.
_NAMED = re.compile(
    rf"`voicefarm\b|\bvoicefarm (?:--\S+ )*(?:{'|'.join(COMMANDS)})\b|(?<![\w-])--[a-z][a-z-]*", re.IGNORECASE
)
#: Arguments for other programs, which no reader sees: the complete strings, by file.
ARGUMENTS: Mapping[str, frozenset[str]] = {
    # The farm's own children, which can only be given options.
    "dispatcher/local/embedded.py": frozenset({"--only"}),
    # Flower's options.
    "dispatcher/local/flower.py": frozenset(
        {"--address=", "--port=", "--purge_offline_workers=60", "--task_runtime_metric_buckets=0.1,0.3,1,3,10,30,100",
         "--tasks_columns="}
    ),
    # Redis' options.
    "dispatcher/local/redis_server.py": frozenset(
        {"--port", "--unixsocket", "--unixsocketperm", "--save", "--appendonly", "--maxmemory-policy", "--dir",
         "--loglevel"}
    ),
    # Git's, the NVIDIA driver's and those of a Mac's tool.
    "workers/measuring/conditions.py": frozenset({"--short=12"}),
    "workers/measuring/nvidia_smi.py": frozenset(
        {"--id=", "--query-gpu=", "--query-gpu=power.draw", "--query-compute-apps=pid,process_name",
         "--format=csv,noheader,nounits"}
    ),
    "workers/measuring/powermetrics.py": frozenset({"--samplers"}),
}  # fmt: skip
FILES = sorted(
    path
    for floor in ("dispatcher", "workers", "storage", "migrations")
    for path in (ROOT / floor).rglob("*.py")
    if not path.relative_to(ROOT).as_posix().startswith(COMMAND_LINE)
)


def strings(text: str) -> Iterator[str]:
    """All string constants, including docstrings and the fixed parts of f-strings."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def named(text: str) -> list[str]:
    """The strings that name a command or an option."""
    return [string for string in strings(text) if _NAMED.search(string)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_sentence_names_a_command_or_an_option(path: Path) -> None:
    said = named(path.read_text(encoding="utf-8"))
    assert [string for string in said if string not in ARGUMENTS.get(name_of(path), ())] == []


def test_every_exception_is_needed() -> None:
    for name, arguments in ARGUMENTS.items():
        assert arguments == set(named((ROOT / name).read_text(encoding="utf-8"))), name


@pytest.mark.parametrize(
    "text",
    [
        'say("run `voicefarm db upgrade`")',
        'say(f"run `voicefarm retry {job}`")',
        'say("add it with voicefarm voice add NAME")',
        'say("`voicefarm --debug doctor` shows where")',
        'say("pass --overwrite to replace it")',
        'say("choose another (--name)")',
        'def f():\n    """What `voicefarm doctor` tells."""',
    ],
)
def test_a_string_that_names_a_command_is_found(text: str) -> None:
    assert named(text)


@pytest.mark.parametrize(
    "text", ['say("another voicefarm holds the folder")', 'say("a year--or two")', "run([NAME])  # --flag"]
)
def test_a_string_that_names_no_command_is_passed(text: str) -> None:
    assert named(text) == []
