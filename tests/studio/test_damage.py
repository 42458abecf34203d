"""A lost or spoilt object is made again automatically, and the result is the same to the byte."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from tests.studio.conftest import StepByStep, reopened


def _deleted(target: Path, _: Path) -> None:
    target.unlink()


def _cut(target: Path, _: Path) -> None:
    target.write_bytes(target.read_bytes()[:-100])


def _swapped(target: Path, other: Path) -> None:
    target.write_bytes(other.read_bytes())


def _flipped(target: Path, _: Path) -> None:
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 0x10
    target.write_bytes(bytes(data))


def _emptied(target: Path, _: Path) -> None:
    target.write_bytes(b"")


DAMAGES = [_deleted, _cut, _swapped, _flipped, _emptied]
Damage = Callable[[Path, Path], None]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_converted_atom_is_converted_again(steps: StepByStep, undisturbed: bytes, damage: Damage) -> None:
    damage(steps.object_of(1), steps.object_of(0))
    reopened(steps.database)
    steps.studio.stitching.run(steps.number)
    assert steps.job.state == "converting"
    assert [a.state for a in steps.atoms()].count("waiting") == 1
    error = steps.atoms()[1].error
    assert error
    assert "object at 0x" not in error
    assert steps.convert() == {1: "done"}
    steps.studio.stitching.run(steps.number)
    assert steps.result() == undisturbed


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_prepared_atom_is_cut_again(steps: StepByStep, undisturbed: bytes, damage: Damage) -> None:
    damage(steps.object_of(1, prepared=True), steps.object_of(0, prepared=True))
    steps.object_of(1).unlink()
    reopened(steps.database)
    steps.studio.stitching.run(steps.number)
    assert steps.convert() == {1: "damaged"}
    from sqlalchemy import update

    from storage.records.schema import AtomRecord

    with steps.database.writing() as connection:
        connection.execute(update(AtomRecord).where(AtomRecord.number == 1).values(state="damaged"))
    steps.set(atoms_damaged=1, atoms_waiting=0)
    steps.studio.mending.run(steps.number)
    assert (steps.job.atoms_damaged, steps.job.atoms_waiting, steps.job.claim) == (0, 1, None)
    assert steps.convert() == {1: "done"}
    steps.studio.stitching.run(steps.number)
    assert steps.result() == undisturbed


def test_everything_missing_is_found_at_once(steps: StepByStep, undisturbed: bytes) -> None:
    for atom in steps.atoms():
        steps.object_of(atom.number).unlink()
    reopened(steps.database)
    steps.studio.stitching.run(steps.number)
    assert {a.state for a in steps.atoms()} == {"waiting"}
    assert (steps.job.atoms_done, steps.job.atoms_waiting) == (0, len(steps.atoms()))
    assert set(steps.convert().values()) == {"done"}
    steps.studio.stitching.run(steps.number)
    assert steps.result() == undisturbed


def test_a_store_that_keeps_nothing_fails_the_job_and_the_object_is_named(
    steps: StepByStep, undisturbed: bytes
) -> None:
    for _ in range(steps.settings.max_attempts):
        steps.object_of(1).unlink(missing_ok=True)
        reopened(steps.database)
        steps.studio.stitching.run(steps.number)
        steps.convert()
    assert steps.job.state == "failed"
    assert f"converted/{steps.object_of(1).parent.name}/{steps.object_of(1).name}" in steps.job.reason
    assert "check its disks" in steps.job.reason


def test_a_recording_that_is_gone_cannot_be_cut_again_and_says_so(steps: StepByStep, undisturbed: bytes) -> None:
    from sqlalchemy import update

    from storage.records.schema import AtomRecord

    with steps.database.writing() as connection:
        connection.execute(update(AtomRecord).where(AtomRecord.number == 1).values(state="damaged"))
    steps.set(state="converting", atoms_damaged=1)
    (steps.objects / "sources" / steps.job.source_hash).unlink()
    steps.studio.mending.run(steps.number)
    assert steps.job.state == "failed"
    assert "sources/" in steps.job.reason


@pytest.mark.parametrize("told", [1e6, 1e-9, 0.0])
def test_the_loudness_of_the_result_is_that_of_its_samples_whatever_was_reported(
    steps: StepByStep, undisturbed: bytes, tmp_path: Path, told: float
) -> None:
    reopened(steps.database)
    steps.set(peak=told)
    steps.studio.stitching.run(steps.number)
    assert steps.result() == undisturbed
    (tmp_path / "result.wav").write_bytes(steps.result())
    assert abs(soundfile.read(tmp_path / "result.wav")[0]).max() > 0.01
