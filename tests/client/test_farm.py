"""Each call of the front door does its whole job; callers need not remember a second call."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from sqlalchemy import insert

from dispatcher.client import Audience, BatchProgress, Farm, Request
from dispatcher.client.telling import FarmMessenger
from dispatcher.kinds.conversion import SPLIT
from dispatcher.turns.turn import Drop, Followups
from dispatcher.wishes.targets import Existing
from storage.errors import BrokerUnavailable, InputError, UnknownJob
from storage.records.schema import LeaseRecord
from storage.records.states import JobState
from storage.remedies import Act
from storage.settings import Settings
from testing.sounds import tone


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Followups]:
    """What is sent to the farm's processes."""
    heard: list[Followups] = []
    monkeypatch.setattr(FarmMessenger, "send", lambda _, followups: heard.append(followups))
    return heard


@pytest.fixture
def farm(build_settings: Callable[..., Settings]) -> Farm:
    return Farm(build_settings())


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "talk.wav", tone(16_000, 16_000), 16_000)
    return tmp_path / "talk.wav"


def test_submitting_asks_for_the_split(farm: Farm, talk: Path, told: list[Followups]) -> None:
    submitted = farm.submit(talk, Request("deep"))
    assert submitted.is_told
    assert [followups.asked_for(SPLIT) for followups in told] == [[submitted.job]]


def test_a_farm_that_is_not_up_is_reported_and_is_not_an_error(farm: Farm, talk: Path) -> None:
    submitted = farm.submit(talk, Request("deep"))
    assert not submitted.is_told
    assert farm.job(submitted.job).state == JobState.SUBMITTED
    assert not farm.retry(farm.cancel(submitted.job).job).is_told


def test_cancelling_makes_workers_drop_what_they_hold(farm: Farm, talk: Path, told: list[Followups]) -> None:
    job = farm.submit(talk, Request("deep")).job
    with farm.database.writing() as connection:
        connection.execute(
            insert(LeaseRecord).values(
                token="t", job_id=job, queue="convert.cpu.x", engine="world", first_number=0, last_number=0,
                seconds=1.0, state="queued", created_at=0.0,
            )
        )  # fmt: skip
    assert farm.cancel(job).state is JobState.CANCELLED
    assert told[-1].drops == [Drop("t", ())]
    with pytest.raises(InputError, match="cancelled already"):
        farm.cancel(job)


def test_retrying_a_job_that_was_not_split_asks_for_the_split_again(
    farm: Farm, talk: Path, told: list[Followups]
) -> None:
    job = farm.submit(talk, Request("deep")).job
    farm.cancel(job)
    assert farm.retry(job).state is JobState.SUBMITTED
    assert told[-1].asked_for(SPLIT) == [job]


def test_watching_goes_on_until_all_jobs_have_ended(farm: Farm, talk: Path, told: list[Followups]) -> None:
    job = farm.submit(talk, Request("deep")).job
    looks = 0

    def pause() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            farm.cancel(job)

    seen = [progress.to_json()["jobs"] for progress in farm.watch([job], pause)]
    # Nothing had changed at the two looks in between.
    assert seen == [{job: "submitted"}, {job: "cancelled"}]
    assert looks == 3


def test_an_error_carries_its_remedy_as_a_value(farm: Farm) -> None:
    with pytest.raises(UnknownJob, match="there is no job 7; list the jobs there are") as refused:
        farm.job(7)
    assert [remedy.act for remedy in refused.value.remedies] == [Act.LIST_JOBS]


def test_answers_are_the_same_json_everywhere(farm: Farm, talk: Path, told: list[Followups]) -> None:
    job = farm.submit(talk, Request("deep")).job
    (listed,) = farm.jobs()
    assert listed.to_json() == farm.job(job).to_json()
    assert {voice.to_json()["name"] for voice in farm.voices()} >= {"deep", "bright", "through"}
    assert farm.workers() == []


def test_an_earlier_failure_to_send_is_not_held_against_what_is_sent_now(
    farm: Farm, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise BrokerUnavailable("the broker is away")

    monkeypatch.setattr(FarmMessenger, "send", away)
    with farm._turns.writing():
        pass
    monkeypatch.setattr(FarmMessenger, "send", lambda *_: None)
    assert farm.submit(talk, Request("deep")).is_told


def test_a_folder_with_a_bad_recording_is_converted_by_a_farm_that_ends_with_it(
    build_settings: Callable[..., Settings], talk: Path, tmp_path: Path
) -> None:
    farm = Farm(build_settings(workers=1))
    folder, out = tmp_path / "folder", tmp_path / "out"
    folder.mkdir()
    talk.rename(folder / "talk.wav")
    (folder / "bad.wav").write_bytes(b"no sound at all")
    seen: list[BatchProgress] = []

    bad, good = farm.convert([folder], Request("through"), out, audience=Audience(seen.append))

    assert (bad.source, bad.state, bad.job) == (folder / "bad.wav", "refused", None)
    assert bad.error is not None
    assert (good.source, good.state, good.error) == (folder / "talk.wav", "finished", None)
    assert good.result == out / "talk.wav"
    assert soundfile.info(out / "talk.wav").frames == 16_000
    assert (seen[-1].ended, seen[-1].total) == (1, 1)
    assert not farm.settings.socket_path.exists()


def test_a_caller_who_stops_listening_cancels_what_only_they_waited_for(
    build_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    farm = Farm(build_settings(workers=1))
    soundfile.write(tmp_path / "long.wav", tone(16_000 * 60, 16_000), 16_000)
    (tmp_path / "unreadable.wav").write_bytes(b"no sound at all")
    deliveries = farm.convert([tmp_path / "long.wav", tmp_path / "unreadable.wav"], Request("deep"), tmp_path / "out")
    assert next(deliveries).source.name == "unreadable.wav"
    deliveries.close()
    assert [job.state for job in farm.jobs()] == ["cancelled"]
    assert not farm.settings.socket_path.exists()


def test_a_faulty_request_is_refused_before_anything_is_done(farm: Farm, talk: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no voice 'depe'"):
        farm.convert([talk], Request("depe"))
    with pytest.raises(InputError, match="is an address"):
        farm.convert([talk], Request("deep"), Path("ftp://host/out"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="hold no recordings"):
        farm.convert([tmp_path / "empty"], Request("deep"))
    assert farm.jobs() == []


def test_an_existing_result_is_kept_unless_replacing_is_allowed(farm: Farm, talk: Path, tmp_path: Path) -> None:
    (tmp_path / "out.wav").write_bytes(b"mine")
    (refused,) = farm.convert([talk], Request("deep"), tmp_path / "out.wav")
    assert refused.error is not None
    assert [remedy.act for remedy in refused.error.remedies] == [Act.OVERWRITE]
    assert refused.to_json() == {
        "source": str(talk), "voice": "deep", "job": None, "batch": None, "state": "refused", "result": None,
        "error": refused.error.to_json(), "remark": None, "carried": None,
    }  # fmt: skip
    assert (tmp_path / "out.wav").read_bytes() == b"mine"


def test_keys_are_listed_without_their_secrets(farm: Farm) -> None:
    line = farm.add_worker_key("box1")
    (key,) = farm.worker_keys()
    assert key.name == "box1"
    assert set(key.to_json()) == {"name", "created_at"}
    assert line.partition(":")[2] not in repr(key)
    assert farm.remove_worker_key("box1") == 0
    with pytest.raises(InputError, match="there is no worker key 'box1'") as refused:
        farm.remove_worker_key("box1")
    assert [remedy.act for remedy in refused.value.remedies] == [Act.LIST_WORKER_KEYS]


def test_a_check_carries_its_remedy_as_a_value(build_settings: Callable[..., Settings], tmp_path: Path) -> None:
    farm = Farm(build_settings(database_url=f"sqlite:///{tmp_path}/nowhere/records"))
    findings = {finding.what: finding for finding in farm.examine()}
    assert not findings["database"].ok
    assert [remedy.act for remedy in findings["database"].remedies] == [Act.UPGRADE_TABLES]
    assert findings["database"].to_json()["said"].endswith("is not there yet; upgrade the tables")


def test_results_that_exist_already_are_left_out_when_asked(
    build_settings: Callable[..., Settings], talk: Path, tmp_path: Path
) -> None:
    farm = Farm(build_settings(workers=1))
    out = tmp_path / "out"
    out.mkdir()
    (out / talk.name).write_bytes(b"mine")
    (there,) = farm.convert([talk], Request("through"), out / talk.name, existing=Existing.KEEP_ALL)
    assert (there.state, there.result, there.is_good, there.job) == ("there", out / talk.name, True, None)
    assert (out / talk.name).read_bytes() == b"mine"
    (refused,) = farm.convert([talk], Request("through"), out / talk.name)
    assert (refused.state, refused.is_good) == ("refused", False)
