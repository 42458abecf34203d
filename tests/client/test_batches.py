"""A batch is a thing: handed in as one, seen, cancelled, tried again, made urgent and fetched by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from dispatcher.client import Farm, Request
from dispatcher.client.answers import Delivery
from dispatcher.jobs.request import PRIORITIES
from dispatcher.wishes.targets import Existing
from storage.errors import InputError, UnknownBatch
from storage.remedies import Act
from storage.settings import Settings
from testing.sounds import tone

COUNT = 6


@pytest.fixture
def farm(build_settings: Callable[..., Settings]) -> Farm:
    return Farm(build_settings(workers=1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of recordings that differ, some of them in a folder of their own."""
    folder = tmp_path / "takes"
    (folder / "day2").mkdir(parents=True)
    for number in range(COUNT):
        write(folder / ("day2" if number % 2 else "") / f"{number}.wav", number)
    return folder


def write(path: Path, number: int) -> None:
    soundfile.write(path, tone(1600 + 100 * number, 16_000), 16_000)


def submitted(farm: Farm, folder: Path, batch: str | None = None) -> dict[str, Delivery]:
    return {s.source.name: s for s in farm.submit_all([folder], Request("through"), batch=batch)}


def test_a_batch_takes_in_only_what_is_new_or_changed(farm: Farm, folder: Path) -> None:
    first = submitted(farm, folder, "dub")
    assert len({s.job for s in first.values()}) == COUNT
    assert all(s.is_new and s.batch == "dub" for s in first.values())

    write(folder / "0.wav", 77)
    write(folder / "new.wav", 78)
    again = submitted(farm, folder, "dub")
    assert {name for name, s in again.items() if s.is_new} == {"0.wav", "new.wav"}
    assert all(again[name].job == s.job for name, s in first.items() if name != "0.wav")
    # Of the two jobs whose results have one name, the newer counts.
    assert farm.batch("dub").summary().jobs == COUNT + 1

    others = list(farm.submit_all([folder], Request("deep"), batch="dub"))
    assert all(s.is_new for s in others)


def test_what_failed_or_was_cancelled_is_tried_again_when_it_is_handed_in_again(farm: Farm, folder: Path) -> None:
    first = submitted(farm, folder, "dub")
    cancelled = first["1.wav"].job
    assert cancelled is not None
    farm.cancel(cancelled)
    again = submitted(farm, folder, "dub")
    assert {s.job for s in again.values()} == {s.job for s in first.values()}
    assert farm.job(cancelled).state == "submitted"


def test_several_recordings_are_a_batch_of_their_own_and_one_is_none(farm: Farm, folder: Path) -> None:
    names = {s.batch for _ in range(2) for s in submitted(farm, folder).values()}
    assert names == {"takes", "takes-2"}
    assert [s.batch for s in farm.submit_all([folder / "0.wav"], Request("through"))] == [None]
    assert [b.name for b in farm.batches()] == ["takes-2", "takes"]


def test_a_bad_recording_does_not_stop_the_others(farm: Farm, folder: Path) -> None:
    (folder / "bad.wav").write_bytes(b"this is text")
    found = submitted(farm, folder, "dub")
    assert {name for name, s in found.items() if s.error} == {"bad.wav"}
    assert farm.batch("dub").summary().states == {"submitted": COUNT}


def test_all_of_a_batch_is_cancelled_tried_again_and_made_urgent(farm: Farm, folder: Path) -> None:
    submitted(farm, folder, "dub")
    other = farm.submit(folder / "0.wav", Request("through")).job
    batch = farm.batch("dub")
    assert batch.prioritise(PRIORITIES["urgent"]) == COUNT
    assert {job.priority for job in farm.jobs(batch="dub")} == {0}
    assert batch.cancel() == (COUNT, [])
    assert batch.cancel() == (0, [])
    assert batch.summary().states == {"cancelled": COUNT}
    assert batch.summary().ended_at is not None
    assert batch.prioritise(PRIORITIES["low"]) == 0
    assert batch.retry() == (COUNT, [])
    assert batch.summary().states == {"submitted": COUNT}
    assert (farm.job(other).state, farm.job(other).priority) == ("submitted", 5)


def test_jobs_are_listed_page_by_page(farm: Farm, folder: Path) -> None:
    submitted(farm, folder, "dub")
    pages = [farm.jobs(4, batch="dub")]
    pages.append(farm.jobs(4, batch="dub", before=pages[0][-1].id))
    assert [len(page) for page in pages] == [4, 2]
    ids = [job.id for page in pages for job in page]
    assert ids == sorted(ids, reverse=True)
    assert {job.path for page in pages for job in page} == {str(p) for p in folder.rglob("*.wav")}
    assert {job.wanted for page in pages for job in page} == {
        "0.wav",
        "2.wav",
        "4.wav",
        *(f"day2/{n}.wav" for n in (1, 3, 5)),
    }


def test_results_of_a_batch_are_fetched_under_the_names_that_they_have_in_it(
    farm: Farm, folder: Path, tmp_path: Path
) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    done = list(farm.convert([folder], Request("through"), out, batch="dub"))
    assert {d.state for d in done} == {"finished"}
    results = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*.wav")}
    assert len(results) == COUNT

    fetched = list(farm.batch("dub").fetch(elsewhere))
    assert {d.state for d in fetched} == {"finished"}
    assert {p.relative_to(elsewhere).as_posix(): p.read_bytes() for p in elsewhere.rglob("*.wav")} == results
    assert {d.state for d in farm.batch("dub").fetch(elsewhere)} == {"there"}

    (elsewhere / "0.wav").write_bytes(b"mine")
    (refused,) = [d for d in farm.batch("dub").fetch(elsewhere) if not d.is_good]
    assert "0.wav exists already and is another result" in str(refused.error)
    assert {d.state for d in farm.batch("dub").fetch(elsewhere, Existing.REPLACE)} == {"finished"}

    # A result that was lost comes from the job that made it; nothing is converted twice.
    (out / "0.wav").unlink()
    again = {d.source.name: d for d in farm.convert([folder], Request("through"), out, batch="dub")}
    assert {d.state for name, d in again.items() if name != "0.wav"} == {"there"}
    assert (again["0.wav"].state, again["0.wav"].job) == (
        "finished",
        next(d.job for d in done if d.source.name == "0.wav"),
    )
    assert len(farm.jobs(100)) == COUNT
    assert farm.batch("dub").report(0.0).finished.jobs == COUNT


def test_what_is_not_finished_is_named_when_a_batch_is_fetched(farm: Farm, folder: Path, tmp_path: Path) -> None:
    submitted(farm, folder, "dub")
    farm.batch("dub").cancel()
    farm.batch("dub").retry()
    farm.cancel(farm.jobs(1)[0].id)
    fetched = list(farm.batch("dub").fetch(tmp_path / "out"))
    assert {d.state for d in fetched} == {"unfetched"}
    assert sum("is cancelled (cancelled), so there is no result" in str(d.error) for d in fetched) == 1
    assert sum("is submitted, so there is no result" in str(d.error) for d in fetched) == COUNT - 1
    assert not (tmp_path / "out").exists()


def test_a_batch_that_there_is_not_is_an_error_with_a_remedy(farm: Farm) -> None:
    with pytest.raises(UnknownBatch, match="there is no batch 'dubb'") as refused:
        farm.batch("dubb").summary()
    assert [remedy.act for remedy in refused.value.remedies] == [Act.LIST_BATCHES]
    with pytest.raises(UnknownBatch):
        farm.jobs(batch="dubb")


@pytest.mark.parametrize("name", ["12", "", " dub", "a\nb", "x" * 81])
def test_names_that_a_batch_cannot_have_are_refused(farm: Farm, folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="batch"):
        list(farm.submit_all([folder], Request("through"), batch=name))
    assert farm.jobs() == []


def test_a_job_that_waits_says_its_place_in_line(farm: Farm, folder: Path) -> None:
    submitted(farm, folder)
    urgent = farm.submit(folder / "0.wav", Request("through", priority=PRIORITIES["urgent"])).job
    line = {job.id: job.before for job in farm.jobs()}
    assert line.pop(urgent) == 0
    # Those that were handed in at the same moment share their place.
    assert sorted(before or 0 for before in line.values()) == [1] * COUNT
    assert farm.job(next(iter(line))).before == 1
    farm.cancel(urgent)
    assert {job.before for job in farm.jobs()} == {0, None}
