"""Help is complete, its examples can be typed, and the manual page has all of it."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from dispatcher.cli.examples import EXAMPLES
from dispatcher.cli.main import PROGRAM, cli
from dispatcher.cli.manual import escaped, manual
from dispatcher.cli.sections import sections_of
from tests.docs.test_commands import COMMANDS

LINES = [line for lines in EXAMPLES.values() for line in lines]
PAGE = manual("2026-01-02")


def words_of(line: str) -> list[str]:
    """The words of the voicefarm command in a line of shell."""
    found = re.search(r"voicefarm(?:'[^']*'|[^|)'])*", line)
    assert found, line
    return shlex.split(found[0])[1:]


def parsed(words: list[str]) -> click.Context:
    """The context of the innermost command; a UsageError if the words cannot be understood."""
    context = cli.make_context(PROGRAM, words)
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(name, rest, parent=context)
    return context


@pytest.mark.parametrize("line", LINES)
def test_every_example_can_be_typed(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The folder that is watched must be there.
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parsed(words_of(line)).command.callback


def test_a_wrong_example_would_be_noticed() -> None:
    for wrong in ("convert --voice", "jobs --limit none", "voice shw deep", "show 0"):
        with pytest.raises(click.UsageError):
            parsed(wrong.split())


def test_examples_belong_to_commands_that_there_are() -> None:
    assert EXAMPLES.keys() - {""} <= {name.removeprefix("voicefarm ") for name in COMMANDS}
    for words, lines in EXAMPLES.items():
        assert [line for line in lines if f"{PROGRAM} {words}".strip() not in line] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    options = [p for p in COMMANDS[name].params if isinstance(p, click.Option) and not p.hidden]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_has_every_command_with_its_options(name: str) -> None:
    words = name.removeprefix("voicefarm ")
    _, found, section = PAGE.partition(f'.SS "{escaped(words)}"\n')
    assert found
    section = re.split(r"^\.S[SH] ", section, maxsplit=1, flags=re.MULTILINE)[0]
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option) and not option.hidden:
            assert escaped(option.opts[-1]) in section
    for line in EXAMPLES.get(words, ()):
        assert escaped(line) in section


def test_what_roff_would_obey_is_escaped() -> None:
    assert escaped(".PP\n'ft -o \\fB …") == "\\&.PP\n\\&'ft \\-o \\efB \\[u2026]"


def test_the_help_ends_with_examples_each_on_its_line() -> None:
    context = cli.make_context(PROGRAM, [], resilient_parsing=True)
    command = cli.get_command(context, "convert")
    assert command is not None
    said = command.get_help(click.Context(command, info_name="convert", parent=context))
    for line in EXAMPLES["convert"]:
        assert f"\n    {line}\n" in f"{said}\n"


def test_the_many_options_of_a_conversion_stand_in_sections_what_is_required_first() -> None:
    command = COMMANDS["voicefarm convert"]
    sections = sections_of(command, click.Context(command))
    assert list(sections) == [
        "Options", "How it sounds", "How it sounds, for WORLD voices", "How it sounds, for RVC voices", "Effects"
    ]  # fmt: skip
    assert next(p.name for p in sections["Options"] if isinstance(p, click.Option)) == "voices"
    assert {"pitch", "formant_shift", "seed", "sets"} == {p.name for p in sections["How it sounds"]}
    assert sum(map(len, sections.values())) == len([p for p in command.params if not getattr(p, "hidden", False)]) + 1


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_mandoc_finds_nothing_wrong_with_the_manual(tmp_path: Path) -> None:
    page = tmp_path / "voicefarm.1"
    page.write_text(PAGE, encoding="utf-8")
    ended = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], check=False, capture_output=True, text=True)
    assert (ended.stdout, ended.returncode) == ("", 0)


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_man_shows_the_manual(tmp_path: Path) -> None:
    page = tmp_path / "voicefarm.1"
    page.write_text(PAGE, encoding="utf-8")
    ended = subprocess.run(["man", "--warnings", "-l", page], check=False, capture_output=True, text=True)
    assert "voicefarm convert talk.wav --voice bright" in ended.stdout
    assert ended.stderr == ""
