"""The output depends only on the recording and the request, not on who converts what or how leases are cut."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from storage.audio.grid import resampled_length
from storage.audio.read import probe
from testing.running_farm import fingerprint
from tests.farm.conftest import OpenFarm

pytestmark = pytest.mark.timeout(400)

#: Results of one job that every kind of farm does: storage must make no difference either.
SEEN: dict[str, str] = {}


@pytest.fixture(scope="module")
def interview(short_recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, one on each channel, and a third channel without sound."""
    spoken, rate = soundfile.read(short_recording, dtype="float32")
    path = tmp_path_factory.mktemp("recording") / "interview.wav"
    soundfile.write(path, np.stack([spoken, 0.4 * spoken[::-1], 0.0 * spoken], axis=1), rate)
    return path


def test_one_worker_and_three_with_other_leases_give_the_same_bytes(
    open_farm: OpenFarm, short_recording: Path, interview: Path, tmp_path: Path
) -> None:
    prints, of_each, mixed_back = [], [], []
    for workers, lease in ((1, 15.0), (3, 0.5)):
        with open_farm(workers, lease_seconds=lease) as farm:
            for stored in list(farm.store.list("converted/")):
                farm.store.delete(stored.key)
            jobs = [
                farm.submit(short_recording, "deep"),
                farm.submit(interview, "through", channels="each"),
                farm.submit(interview, "through", channels="right", mix_back=True),
            ]
            prints.append(fingerprint(farm.result(jobs[0], tmp_path)))
            of_each.append(fingerprint(farm.result(jobs[1], tmp_path)))
            mixed_back.append(fingerprint(farm.result(jobs[2], tmp_path)))
    assert prints[0] == prints[1]
    assert of_each[0] == of_each[1]
    assert mixed_back[0] == mixed_back[1]
    assert SEEN.setdefault("each", of_each[0]) == of_each[0]
    assert SEEN.setdefault("deep", prints[0]) == prints[0]


def test_a_second_job_of_the_same_kind_is_answered_from_the_store(open_farm: OpenFarm, short_recording: Path) -> None:
    with open_farm(workers=1) as farm:
        first = farm.finish(farm.submit(short_recording, "through"))
        again = farm.finish(farm.submit(short_recording, "through"))
        assert (first.state, again.state) == ("finished", "finished")
        with farm.database.reading() as connection:
            from sqlalchemy import select

            from storage.records.schema import AttemptRecord

            query = select(AttemptRecord.outcome).where(AttemptRecord.job_id == again.id)
            assert set(connection.execute(query).scalars()) == {"cached"}


FORMATS = [("flac", 44_100), ("mp3", 48_000), ("m4a", 16_000), ("opus", 24_000), ("ogg", 32_000), ("wav", 22_050)]


def test_results_can_have_other_formats_and_rates(open_farm: OpenFarm, short_recording: Path, tmp_path: Path) -> None:
    with open_farm(workers=1) as farm:
        jobs = [farm.submit(short_recording, "through", format=format_, rate=rate) for format_, rate in FORMATS]
        for job, (format_, _) in zip(jobs, FORMATS, strict=True):
            (tmp_path / f"r.{format_}").write_bytes(farm.result(job, tmp_path))
    source = probe(short_recording, "source")
    for format_, rate in FORMATS:
        facts = probe(tmp_path / f"r.{format_}", format_)
        assert (facts.rate, facts.channels) == (rate, 1)
        if format_ in {"flac", "wav"}:
            assert facts.frames == resampled_length(source.frames or 0, source.rate, rate)
        else:
            assert facts.seconds == pytest.approx(25.0, abs=0.2)


def test_effects_before_and_after_give_the_same_bytes_though_a_worker_is_killed(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    chains = {"before": "loudness -20 | highpass 80 | reduce-noise", "after": "eq 3k +2 | compress -24 | limit -1"}
    with open_farm(workers=2, lease_seconds=0.5) as farm:
        job = farm.submit(short_recording, "deep", **chains)
        farm.wait(lambda: farm.job(job).state != "submitted", "the split")
        farm.kill("worker-1")
        mine = fingerprint(farm.result(job, tmp_path))
        assert farm.job(job).effects_before == "loudness -20 | highpass 80 | reduce-noise"
    assert SEEN.setdefault("effects", mine) == mine
    assert SEEN.get("deep") != mine
