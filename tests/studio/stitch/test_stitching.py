"""Jobs are stitched from atoms in a store; the loudness mix gives the same result as on the whole recording."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from sqlalchemy import delete, select, update

from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.sample.recording import write_sample
from dispatcher.studio.split.splitting import Splitting
from dispatcher.studio.stitch.atoms import PagedAtoms
from dispatcher.studio.stitch.joining import joined, prepared, stretches
from dispatcher.studio.stitch.stitching import Stitching
from storage import keys
from storage.audio import atomfile
from storage.objects.folder import FolderStore
from storage.objects.opening import open_store
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import JobState
from storage.settings import Settings
from testing.quiet import quiet_turns
from tests.studio.stitch.whole import whole_mix
from workers.engines.samples import Samples

SECONDS = 12.3
MIX = 0.25


class Stitched:
    """A job that was split, converted into something quieter and stitched, all in this process."""

    def __init__(
        self, settings: Settings, database: Database, recording: Path, channels: str = "mix", **wanted: Any
    ) -> None:
        self.database, self.store = database, open_store(settings)
        conversion = check_request(database, settings, Request("through", format="wav", channels=channels))
        conversion = replace(conversion, settings={**conversion.settings, **wanted})
        turns = quiet_turns(database, settings)
        self.number = submit(turns, self.store, recording, conversion)
        Splitting(turns, self.store).run(self.number)
        self._convert()
        Stitching(turns, self.store).run(self.number)

    @property
    def job(self) -> JobRecord:
        return load_job(self.database, self.number)

    @property
    def _atoms(self) -> PagedAtoms:
        return PagedAtoms(self.database, self.number)

    def source(self, channel: int = 0) -> Samples:
        there = stretches(self._atoms, self.job)[channel]
        return np.concatenate(list(prepared(self.store, self._atoms, atoms_prefix(self.job), there, 1)))

    def atoms(self, channel: int = 0) -> Samples:
        there = stretches(self._atoms, self.job)[channel]
        return np.concatenate(list(joined(self.store, self._atoms, converted_prefix(self.job), there, 1)))

    def result(self, folder: Path) -> Samples:
        job = self.job
        assert job.state == JobState.FINISHED, job.reason
        assert job.result_key
        (folder / "result.wav").write_bytes(self.store.get(job.result_key))
        samples, rate = soundfile.read(folder / "result.wav", dtype="float32")
        assert rate == job.rate_out
        return np.asarray(samples)

    def _convert(self) -> None:
        """Every atom without its context; half as loud later in the recording as at the beginning."""
        job = self.job
        with self.database.writing() as connection:
            for atom in connection.execute(select(AtomRecord)).all():
                data = self.store.get(keys.atom_key(atoms_prefix(job), atom.first, atom.last))
                samples = atomfile.decode(data)[0][atom.start - atom.first : atom.stop - atom.first]
                fading = 2.0 ** -(np.arange(atom.start, atom.stop) / (5.0 * job.rate_in))
                key = keys.converted_key(converted_prefix(job), atom.start, atom.stop, atom.first, atom.last)
                self.store.put(key, atomfile.encode((samples * fading).astype(np.float32), job.rate_voice))
            peak = float(np.max(np.abs(self.source())))
            connection.execute(
                update(JobRecord).where(JobRecord.id == job.id).values(state=JobState.STITCHING, peak=peak)
            )


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "talk.wav"
    write_sample(path, SECONDS, rate=44_100)
    return path


@pytest.fixture
def database(migrated_sqlite_url: str) -> Iterator[Database]:
    database = Database(migrated_sqlite_url)
    yield database
    database.close()


def stitched(tmp_path: Path, database: Database, recording: Path, atom_seconds: float = 3.0, **wanted: Any) -> Stitched:
    settings = Settings(
        state=str(tmp_path / f"state-{atom_seconds}"), scratch=str(tmp_path), atom_seconds=atom_seconds,
        database_url=database.url,
    )  # fmt: skip
    return Stitched(settings, database, recording, **wanted)


def test_without_a_mix_the_atoms_are_joined_as_they_are(tmp_path: Path, database: Database, recording: Path) -> None:
    done = stitched(tmp_path, database, recording, loudness_mix=1.0)
    assert np.max(np.abs(done.result(tmp_path) - done.atoms())) <= 1e-4


def test_the_mix_is_that_of_the_whole_recording(tmp_path: Path, database: Database, recording: Path) -> None:
    done = stitched(tmp_path, database, recording, loudness_mix=MIX)
    wanted = whole_mix(done.atoms(), done.job.rate_voice, done.source(), done.job.rate_in, MIX)
    wanted *= min(1.0, 0.99 / float(np.max(np.abs(wanted))))
    assert len(done.result(tmp_path)) == len(wanted)
    assert np.max(np.abs(done.result(tmp_path) - wanted)) <= 1e-4
    assert np.max(np.abs(done.result(tmp_path) - done.atoms())) > 0.01


def test_each_channel_gets_its_own_loudness_back(tmp_path: Path, database: Database, recording: Path) -> None:
    spoken, rate = soundfile.read(recording, dtype="float32")
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([spoken, 0.3 * np.roll(spoken, 3 * rate)], axis=1), rate, "FLOAT")
    done = stitched(tmp_path, database, path, channels="each", loudness_mix=MIX)
    job, found = done.job, done.result(tmp_path)
    wanted = [whole_mix(done.atoms(c), job.rate_voice, done.source(c), job.rate_in, MIX) for c in (0, 1)]
    gain = min(1.0, 0.99 / float(np.max(np.abs(wanted))))
    assert found.shape == (len(wanted[0]), 2)
    for channel in (0, 1):
        assert np.max(np.abs(found[:, channel] - gain * wanted[channel])) <= 1e-4
        assert np.max(np.abs(found[:, channel] - done.atoms(channel))) > 0.01


def test_a_result_that_the_mix_makes_too_loud_is_turned_down(
    tmp_path: Path, database: Database, recording: Path
) -> None:
    loud, rate = soundfile.read(recording, dtype="float32")
    path = tmp_path / "loud.wav"
    soundfile.write(path, loud / np.max(np.abs(loud)) * 2.0, rate, "FLOAT")
    done = stitched(tmp_path, database, path, loudness_mix=0.0)
    wanted = whole_mix(done.atoms(), done.job.rate_voice, done.source(), done.job.rate_in, 0.0)
    assert np.max(np.abs(wanted)) > 0.99
    assert np.max(np.abs(done.result(tmp_path))) == pytest.approx(0.99, abs=1e-3)


def test_how_the_recording_was_cut_makes_no_difference(tmp_path: Path, database: Database, recording: Path) -> None:
    short = stitched(tmp_path, database, recording, atom_seconds=1.5, loudness_mix=MIX)
    ones = short.result(tmp_path)
    with database.writing() as connection:
        connection.execute(delete(AtomRecord))
    others = stitched(tmp_path, database, recording, atom_seconds=6.0, loudness_mix=MIX).result(tmp_path)
    # Atoms are stored with 24 bits, each scaled to its own loudest sample.
    assert np.max(np.abs(ones - others)) <= 1e-4


def test_changing_the_mix_converts_no_atom_again(tmp_path: Path, database: Database, recording: Path) -> None:
    done = stitched(tmp_path, database, recording, loudness_mix=MIX)
    other = done.job
    other.settings = {**other.settings, "loudness_mix": 0.5}
    assert converted_prefix(other) == converted_prefix(done.job)
    other.settings = {**other.settings, "seed": 5}
    assert converted_prefix(other) != converted_prefix(done.job)
    assert isinstance(done.store, FolderStore)
