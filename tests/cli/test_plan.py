"""`plan` and --dry-run print a forecast and do nothing; the exit status says whether all would be taken."""

from pathlib import Path

import pytest

from tests.cli.running import CommandLine


@pytest.fixture
def folder(tmp_path: Path, talk: Path) -> Path:
    made = tmp_path / "takes"
    made.mkdir()
    for number in range(25):
        (made / f"{number:02}.wav").write_bytes(talk.read_bytes())
    return made


def test_a_plan_is_told_to_people_and_to_programs(command: CommandLine, folder: Path) -> None:
    shown = command.done("plan", folder, "--voice", "through").out
    assert "recordings  25\n" in shown
    assert "not known: how fast through is here" in shown
    assert "none is up here" in shown
    told = command.told("submit", folder, "--voice", "through", "--dry-run")
    assert (told["seconds"], told["end"], told["results"]) == (25.0, None, [])


def test_a_dry_run_of_convert_names_results_and_fails_if_any_would_be_refused(
    command: CommandLine, folder: Path, tmp_path: Path
) -> None:
    (folder / "zz.wav").write_bytes(b"")
    ended = command.run("convert", folder, "--voice", "through", "-o", tmp_path / "out", "--dry-run")
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert lines[0] == f"{folder / '00.wav'} -> {tmp_path / 'out' / '00.wav'}"
    assert lines[20] == "and 5 more"
    assert "recordings  26; 1 would be refused" in lines
    assert "zz.wav is empty" in ended.err
    assert not (tmp_path / "out").exists()
