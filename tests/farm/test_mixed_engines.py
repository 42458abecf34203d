"""One job shared by a torch worker and an MLX worker sounds like one voice in one room."""

from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from sqlalchemy import select

from dispatcher.kinds.conversion import atoms_prefix
from dispatcher.reports.waiting import live_offers
from storage import keys
from storage.audio import atomfile
from storage.records.rows import AtomRow, columns, read_rows
from storage.records.schema import AtomRecord, AttemptRecord
from testing.running_farm import RunningFarm
from testing.rvc.joins import click, likeness
from tests.farm.conftest import OpenFarm
from tests.farm.test_rvc_voice import add_all, small_nets
from workers.engines import catalog
from workers.engines.packages import Packages
from workers.engines.voice import Piece

__all__ = ["small_nets"]

pytestmark = pytest.mark.timeout(300)


def test_a_job_half_done_by_torch_and_half_by_mlx_sounds_as_if_one_had_done_it(
    open_farm: OpenFarm, recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=0) as farm:
        add_all(farm, tmp_path)
        farm.hire("torch", "--only", "cpu")
        farm.hire("mlx", "--only", "mlx")
        farm.wait(lambda: len(live_offers(farm.database)) == 2, "both workers showing up")
        number = farm.submit(recording, "anna", settings={"precision": "fp32", "loudness_mix": 1.0})
        farm.result(number, tmp_path)
        mixed, _ = soundfile.read(tmp_path / f"{number}.wav", dtype="float32")
        atoms = atoms_of(farm)
        alone = by_torch_alone(farm, number, atoms)
        assert capabilities_at_work(farm) == {"cpu", "mlx"}
    assert len(mixed) == len(alone)
    assert likeness(mixed, alone) >= 0.9999
    assert all(click(mixed, atom.out_stop) < 1.5 for atom in atoms[:-1])


def atoms_of(farm: RunningFarm) -> list[AtomRow]:
    with farm.database.reading() as connection:
        return read_rows(connection, AtomRow, select(*columns(AtomRow, AtomRecord)).order_by(AtomRecord.number))


def capabilities_at_work(farm: RunningFarm) -> set[str]:
    with farm.database.reading() as connection:
        return set(connection.execute(select(AttemptRecord.capability)).scalars())


def by_torch_alone(farm: RunningFarm, number: int, atoms: list[AtomRow]) -> npt.NDArray[np.float32]:
    job = farm.job(number)
    packages = Packages.of(farm.settings, farm.store, Event())
    voice = catalog.engine(job.engine).load(job.recipe, packages.folder, "cpu")
    parts = []
    for a in atoms:
        samples, _ = atomfile.decode(farm.store.get(keys.atom_key(atoms_prefix(job), a.first, a.last)))
        piece = Piece(samples, a.first, a.start, a.stop, a.out_start, a.out_stop)
        parts.append(voice.convert(piece, job.settings).samples)
    return np.concatenate(parts)
