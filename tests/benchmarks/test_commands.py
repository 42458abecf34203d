"""The commands that put measurements side by side and against each other."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dispatcher.benchmarks.folder import write_folder
from dispatcher.cli.bench import bench_command
from tests.benchmarks.measured import measured, speed


def said(*words: str) -> Result:
    return CliRunner().invoke(bench_command, list(words))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str, str]:
    for name, one in (
        ("old", speed(2.0, 2.02, 2.01)),
        ("same", speed(2.01, 2.0, 2.02)),
        ("slow", speed(1.5, 1.51, 1.5)),
    ):
        write_folder(tmp_path / name, measured(one))
    return str(tmp_path / "old"), str(tmp_path / "same"), str(tmp_path / "slow")


def test_a_loss_beyond_the_limit_ends_with_status_1_and_is_named(folders: tuple[str, str, str]) -> None:
    old, same, slow = folders
    assert said("compare", old, same, "--fail-on", "1%").exit_code == 0
    assert said("compare", old, slow, "--fail-on", "30%").exit_code == 0
    lost = said("compare", old, slow, "--fail-on", "10%")
    assert lost.exit_code == 1
    assert "voicefarm: worse by more than 10 %: balanced, 30 s" in lost.output
    assert "-25.4 %" in lost.output


def test_programs_get_the_same_as_json(folders: tuple[str, str, str]) -> None:
    old, _, slow = folders
    (change,) = json.loads(said("compare", old, slow, "--json").output)
    assert change["gain"] == pytest.approx(-0.2537, abs=1e-3)
    assert change["is_sure"]


def test_noisy_figures_say_so_when_they_are_compared(folders: tuple[str, str, str], tmp_path: Path) -> None:
    found = measured(speed())
    noisy = replace(found, conditions=replace(found.conditions, noise=("others were busy",)))
    write_folder(tmp_path / "noisy", noisy)
    assert "the new figures are noisy: others were busy" in said("compare", folders[0], str(tmp_path / "noisy")).output


@pytest.mark.parametrize("limit", ["much", "-5%", "10%%", ""])
def test_what_is_no_percentage_is_refused(folders: tuple[str, str, str], limit: str) -> None:
    assert said("compare", *folders[:2], "--fail-on", limit).exit_code == 2


def test_a_table_of_folders_is_printed_and_written(folders: tuple[str, str, str], tmp_path: Path) -> None:
    told = said("table", str(tmp_path), "-o", str(tmp_path / "out"))
    assert told.exit_code == 0, told.output
    assert [line.split()[0] for line in told.output.splitlines()[1:4]] == ["old", "same", "slow"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "comparison.json",
        "comparison.md",
        "comparison.png",
    }
