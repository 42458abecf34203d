"""Whoever hands recordings in may name an address that is told of their end, and learns if it could not be."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from sqlalchemy import insert, select

from dispatcher.cli.jobs import _batch_facts, _facts
from dispatcher.client import Farm, Request
from dispatcher.local.checks import examine
from storage.errors import InputError
from storage.records.notices import NoticeRecord
from storage.records.schema import BatchRecord, JobRecord
from storage.settings import Settings
from testing.sounds import tone

OWN = "https://owner.example/s3cret"
OTHER = "https://owner.example/other"


@pytest.fixture
def farm(build_settings: Callable[..., Settings]) -> Farm:
    return Farm(build_settings(workers=1))


@pytest.fixture
def talks(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.wav" for name in "abc"]
    for number, path in enumerate(paths):
        soundfile.write(path, tone(1600 + 100 * number, 16_000), 16_000)
    return paths


def told(farm: Farm) -> dict[str, str]:
    """The address of each job, and of each batch."""
    with farm.database.reading() as connection:
        jobs = connection.execute(select(JobRecord.name, JobRecord.notify)).all()
        batches = connection.execute(select(BatchRecord.name, BatchRecord.notify)).all()
        return {str(name): str(notify) for name, notify in (*jobs, *batches)}


def through(notify: str = "") -> Request:
    return Request("through", notify=notify)


def test_an_address_is_kept_with_the_job_or_with_the_batch(farm: Farm, talks: list[Path]) -> None:
    farm.submit(talks[0], through(OWN))
    list(farm.submit_all(talks[1:], through(OTHER), batch="talks"))
    assert told(farm) == {"a.wav": OWN, "b.wav": OTHER, "c.wav": OTHER, "talks": OTHER}


def test_what_is_handed_in_to_a_batch_later_is_told_of_to_the_same_address(farm: Farm, talks: list[Path]) -> None:
    list(farm.submit_all(talks[:1], through(), batch="talks"))
    assert told(farm) == {"a.wav": "", "talks": ""}
    list(farm.submit_all(talks[:2], through(OWN), batch="talks"))
    assert told(farm) == {"a.wav": OWN, "b.wav": OWN, "talks": OWN}
    list(farm.submit_all(talks, through(), batch="talks"))
    assert set(told(farm).values()) == {OWN}


def test_an_address_does_not_make_it_another_result(farm: Farm, talks: list[Path]) -> None:
    (first,) = farm.submit_all(talks[:1], through(), batch="talks")
    (again,) = farm.submit_all(talks[:1], through(OWN), batch="talks")
    assert (again.job, again.is_new) == (first.job, False)


def test_an_address_that_nothing_can_be_posted_to_is_refused_before_anything_is_done(
    farm: Farm, talks: list[Path]
) -> None:
    with pytest.raises(InputError, match="no address of a web server"):
        farm.submit(talks[0], through("nowhere"))
    assert farm.jobs() == []


def test_a_batch_is_being_filled_until_its_last_recording_is_there(farm: Farm, talks: list[Path]) -> None:
    def filling() -> bool:
        with farm.database.reading() as connection:
            return bool(connection.execute(select(BatchRecord.filling_until)).scalar_one())

    coming = farm.submit_all(talks, through(), batch="talks")
    next(coming)
    assert filling()
    assert len(list(coming)) == len(talks) - 1
    assert not filling()


def test_a_notice_that_could_not_be_delivered_is_shown_and_told_by_an_examination(
    farm: Farm, talks: list[Path]
) -> None:
    (one,) = farm.submit_all(talks[:1], through(), batch="talks")
    lost = {
        "event": "evt_1", "target": OWN, "body": "{}", "state": "given up", "tries": 9, "due_at": 0.0,
        "said": "https://owner.example: the server answers 500", "created_at": 0.0, "ended_at": 1.0,
    }  # fmt: skip
    waits = {**lost, "state": "waiting", "tries": 2, "said": "the hook's command ended with status 3", "ended_at": None}
    with farm.database.writing() as connection:
        batch = connection.execute(select(BatchRecord.id)).scalar_one()
        connection.execute(insert(NoticeRecord).values(job_id=one.job, **lost))
        connection.execute(insert(NoticeRecord).values(batch_id=batch, **lost))
        connection.execute(insert(NoticeRecord).values(batch_id=batch, **waits))
        connection.execute(insert(NoticeRecord).values(batch_id=batch, **{**lost, "state": "delivered", "said": ""}))
    sentence = "https://owner.example: the server answers 500 (given up after 9 tries)"
    assert one.job is not None
    assert farm.job(one.job).untold == farm.jobs()[0].to_json()["untold"] == sentence
    summary = farm.batch("talks").summary()
    assert summary.untold == f"{sentence}; the hook's command ended with status 3 (2 tries so far)"
    assert ("not told", sentence) in _facts(farm.job(one.job))
    assert ("not told", summary.untold) in _batch_facts(summary)
    (hooks,) = (finding for finding in examine(farm.settings) if finding.what == "hooks")
    assert (hooks.severity, hooks.said) == ("note", "none is set; 2 notices could not be delivered")
