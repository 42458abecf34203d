"""An RVC voice from its files to a finished recording, on every kind of farm."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import select

from dispatcher.voices.adding import Adding, VoiceFile
from storage.audio.grid import resampled_length
from storage.audio.read import probe
from storage.records.schema import AttemptRecord
from storage.records.states import Outcome
from testing.running_farm import RunningFarm, fingerprint
from tests.farm.conftest import OpenFarm
from tests.voices.files import ENCODER_SIZES, PITCH_SIZES, encoder_file, index_file, pitch_file, voice_file
from workers.engines.rvc.numbers import processor_has_bf16

pytestmark = pytest.mark.timeout(400)

#: Results of the first kind of farm: storage must make no difference.
SEEN: dict[str, str] = {}


@pytest.fixture(autouse=True)
def small_nets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual nets are large, so small ones in files of the same layout stand in for them."""
    monkeypatch.setattr("workers.engines.rvc.files.model_file.EncoderSizes", lambda: ENCODER_SIZES)
    monkeypatch.setattr("workers.engines.rvc.files.model_file.PitchSizes", lambda: PITCH_SIZES)


def add_all(farm: RunningFarm, folder: Path) -> None:
    adding = Adding(farm.database, farm.store, folder)
    adding.model(encoder_file(folder / "hubert_base.pt"))
    adding.model(pitch_file(folder / "rmvpe.pt"))
    adding.voice(
        "anna", VoiceFile(voice_file(folder / "anna.pth"), {"index": index_file(folder / "anna.npy", 40)}), {"pitch": 3}
    )


def test_two_workers_make_the_same_bytes_on_every_farm(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=2) as farm:
        add_all(farm, tmp_path)
        number = farm.submit(short_recording, "anna", settings={"loudness_mix": 0.5})
        data = farm.result(number, tmp_path)
        assert SEEN.setdefault("anna", fingerprint(data)) == fingerprint(data)
        with farm.database.reading() as connection:
            # The copy of an atom that was done meanwhile only finds its result.
            converted = select(AttemptRecord.stages).where(AttemptRecord.outcome == Outcome.DONE)
            stages = list(connection.execute(converted).scalars())
        held = {path.name for path in (farm.settings.state_folder / "packages").iterdir()}
        job = farm.job(number)
        recipe = job.recipe
    samples, rate = soundfile.read(tmp_path / f"{number}.wav")
    source = probe(short_recording, "source")
    assert rate == 8_000
    assert len(samples) == resampled_length(source.frames or 0, source.rate, rate)
    assert np.max(np.abs(samples)) > 0.0
    assert stages
    assert all({"content", "pitch", "generator"} <= told.keys() for told in stages)
    assert job.settings["precision"] == ("bf16" if processor_has_bf16() else "fp32"), "decided by the farm"
    assert {recipe["package"], recipe["encoder"], recipe["pitch_model"]} <= held


def test_the_second_voice_for_a_recording_is_spared_what_the_first_one_heard(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=1, keep_features=True) as farm:
        add_all(farm, tmp_path)

        def second_voice() -> tuple[str, list[set[str]]]:
            """Its result, and the stages of its atoms."""
            number = farm.submit(short_recording, "anna", settings={"transpose": 7.0})
            result = fingerprint(farm.result(number, tmp_path))
            told = select(AttemptRecord.stages).where(
                AttemptRecord.outcome == Outcome.DONE, AttemptRecord.job_id == number
            )
            with farm.database.reading() as connection:
                return result, [set(stages) for stages in connection.execute(told).scalars()]

        farm.finish(farm.submit(short_recording, "anna"))
        spared, stages = second_voice()
        assert stages
        assert all({"content, known", "pitch, known"} <= told for told in stages)
        for stored in [*farm.store.list("converted/"), *farm.store.list("heard/")]:
            farm.store.delete(stored.key)
        full, stages = second_voice()
        assert all({"content", "pitch"} <= told for told in stages)
        assert spared == full


def test_a_missing_package_fails_the_job_and_says_what_to_do(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    from dispatcher.voices.packages import delete_package

    with open_farm(workers=1) as farm:
        add_all(farm, tmp_path)
        for stored in list(farm.store.list("packages/")):
            if stored.key.endswith("voice.json"):
                delete_package(farm.store, stored.key.split("/")[1])
        job = farm.finish(farm.submit(short_recording, "anna"))
        assert job.state == "failed"
        assert "is not in the object store; add the voice again" in job.reason
