"""A job's result has the depth, the tags and the pictures that its recording and its owner ask for."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from sqlalchemy import select, update

from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.studio.split.splitting import Splitting
from dispatcher.studio.stitch.stitching import Stitching
from storage import keys
from storage.audio import atomfile
from storage.audio.mark import mark_in
from storage.audio.read import probe
from storage.errors import InputError
from storage.extras.reading import read_extras
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import JobState
from storage.settings import Settings
from testing import broadcast
from testing.films import film, png, tagged
from testing.quiet import quiet_turns
from testing.sounds import encoded, tone

RATE = 16_000
SECONDS = 2


class Studio:
    """Jobs that are split, left as they are and stitched, all in this process."""

    def __init__(self, database: Database, settings: Settings, folder: Path) -> None:
        self.database, self.settings, self.folder = database, settings, folder
        self.store: ObjectStore = open_store(settings)

    def submit(self, content: bytes, **wanted: Any) -> JobRecord:
        path = self.folder / "talk"
        path.write_bytes(content)
        checked = check_request(self.database, self.settings, Request("through", **wanted))
        return self._job(submit(self._turns, self.store, path, checked))

    def made(self, content: bytes, **wanted: Any) -> tuple[JobRecord, bytes]:
        number = self.submit(content, **wanted).id
        Splitting(self._turns, self.store).run(number)
        self._leave_as_it_is(self._job(number))
        Stitching(self._turns, self.store).run(number)
        job = self._job(number)
        assert job.state == JobState.FINISHED, job.reason
        assert job.result_key
        return job, self.store.get(job.result_key)

    @property
    def _turns(self) -> Any:
        return quiet_turns(self.database, self.settings)

    def _job(self, number: int) -> JobRecord:
        return load_job(self.database, number)

    def _leave_as_it_is(self, job: JobRecord) -> None:
        with self.database.writing() as connection:
            for atom in connection.execute(select(AtomRecord).where(AtomRecord.job_id == job.id)).all():
                samples, _ = atomfile.decode(self.store.get(keys.atom_key(atoms_prefix(job), atom.first, atom.last)))
                key = keys.converted_key(converted_prefix(job), atom.start, atom.stop, atom.first, atom.last)
                self.store.put(key, atomfile.encode(samples[atom.start - atom.first : atom.stop - atom.first], RATE))
            connection.execute(
                update(JobRecord).where(JobRecord.id == job.id).values(state=JobState.STITCHING, peak=0.9)
            )


@pytest.fixture
def studio(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Studio]:
    database = Database(migrated_sqlite_url)
    settings = Settings(state=str(tmp_path / "state"), scratch=str(tmp_path), database_url=database.url)
    yield Studio(database, settings, tmp_path)
    database.close()


def recording(subtype: str = "PCM_16", container: str = "WAV", **tags: str) -> bytes:
    return encoded(tone(SECONDS * RATE, RATE), RATE, container, subtype, **tags)


@pytest.mark.parametrize(
    ("subtype", "wanted", "depth", "codec"),
    [
        ("PCM_16", {}, "16", "PCM_16"), ("PCM_24", {}, "24", "PCM_24"), ("FLOAT", {}, "float", "FLOAT"),
        ("PCM_24", {"format": "flac"}, "24", "PCM_24"), ("FLOAT", {"format": "flac"}, "24", "PCM_24"),
        ("PCM_24", {"depth": "16"}, "16", "PCM_16"), ("PCM_16", {"depth": "float"}, "float", "FLOAT"),
        ("PCM_24", {"format": "mp3"}, "", "MPEG_LAYER_III"),
    ],
)  # fmt: skip
def test_a_result_is_as_deep_as_its_recording_unless_asked_otherwise(
    studio: Studio, subtype: str, wanted: dict[str, str], depth: str, codec: str
) -> None:
    job, content = studio.made(recording(subtype), **wanted)
    assert (job.depth, probe(BytesIO(content), "x").codec) == (depth, codec)


def test_what_is_lost_in_depth_is_replaced_by_even_noise_and_nothing_else_is(studio: Studio) -> None:
    """The two results differ only where rounding from 24 bits takes something away."""
    sound = recording("PCM_24")
    values = [soundfile.read(BytesIO(studio.made(sound, **wanted)[1]))[0] for wanted in ({}, {"depth": "16"})]
    assert np.var((values[1] - values[0]) * 2**15) == pytest.approx(0.25, rel=0.1)


def test_a_result_of_sixteen_bits_is_the_one_of_today(studio: Studio) -> None:
    """From the same samples, whether or not anybody names the depth, and never with noise."""
    by_default, named = studio.made(recording())[1], studio.made(recording(), depth="16")[1]
    # The marks differ, because another thing was asked for.
    assert re.sub(rb"voicefarm [0-9a-f.]+", b"", by_default) == re.sub(rb"voicefarm [0-9a-f.]+", b"", named)
    values, _ = soundfile.read(BytesIO(by_default), dtype="int16")
    assert np.max(np.abs(np.diff(values[:10]))) > 0


def test_a_recording_with_nothing_beside_its_sound_is_not_opened_by_the_stitch(studio: Studio) -> None:
    job = studio.submit(recording(title="A title", artist="Ada"))
    assert not job.extras
    number = job.id
    Splitting(studio._turns, studio.store).run(number)
    studio._leave_as_it_is(studio._job(number))
    studio.store.delete(keys.source_key(job.source_hash))
    Stitching(studio._turns, studio.store).run(number)
    assert studio._job(number).state == JobState.FINISHED


def test_a_broadcast_wav_stays_one(studio: Studio) -> None:
    job, content = studio.made(broadcast.broadcast(2.0))
    assert (job.extras, job.depth) == (True, "24")
    found = broadcast.chunks_of(content)
    assert {b"bext", b"iXML", b"cue ", b"adtl", b"INFO"} <= set(found)
    assert int.from_bytes(found[b"bext"][338:346], "little") == round(broadcast.MOMENT / 3)


def test_a_broadcast_wav_keeps_its_list_of_tracks_where_all_of_them_come_back(studio: Studio) -> None:
    whole, alone = (
        broadcast.chunks_of(studio.made(broadcast.broadcast(2.0), channels="left", mix_back=mix_back)[1])
        for mix_back in (True, False)
    )
    assert [b"<TRACK_LIST>" in chunks[b"iXML"] for chunks in (whole, alone)] == [True, False]
    assert [b"M=stereo,T=voicefarm" in chunks[b"bext"] for chunks in (whole, alone)] == [True, False]
    assert whole[b"cue "] == alone[b"cue "]


@pytest.mark.parametrize("format_", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
def test_a_cover_and_tags_reach_the_result(studio: Studio, format_: str) -> None:
    content = tagged("mp3", "libmp3lame", RATE, cover=png(), title="Theirs", album="An album")
    found = read_extras(BytesIO(studio.made(content, format=format_)[1]), "x")
    assert (found.tags["album"], found.tags["title"]) == ("An album", "Theirs")
    assert [picture.content for picture in found.pictures] == [png()]


@pytest.mark.parametrize(
    ("format_", "container"), [("mp4", "mp4"), ("mov", "mov"), ("mkv", "matroska"), ("webm", "webm")]
)
def test_a_film_comes_out_as_a_film(studio: Studio, format_: str, container: str, tmp_path: Path) -> None:
    job, content = studio.made(film(container), format=format_, track=1, keep_original=True)
    assert (job.format, job.track, job.keep_original, job.depth) == (format_, 1, True, "")
    facts = probe(BytesIO(content), "x", track=2)
    assert facts.pictures
    assert str(job.result_key).endswith(format_)
    (tmp_path / "film").write_bytes(content)
    assert mark_in(tmp_path / "film") == job.mark


def test_tracks_of_one_film_have_atoms_of_their_own(studio: Studio) -> None:
    content = film("matroska")
    first, second = studio.made(content)[0], studio.made(content, track=1)[0]
    assert atoms_prefix(first) == keys.atom_prefix(first.source_hash, RATE)
    assert atoms_prefix(second) != atoms_prefix(first)


@pytest.mark.parametrize("format_", ["mp4", "mov", "mkv", "webm"])
def test_a_film_of_a_recording_without_pictures_is_refused(studio: Studio, format_: str) -> None:
    with pytest.raises(InputError, match=r"holds no pictures, .*choose the format m4a"):
        studio.submit(recording(), format=format_)


def test_a_cover_is_no_picture_of_a_film(studio: Studio) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        studio.submit(tagged("mp4", "aac", RATE, cover=png()), format="mp4")


def test_pictures_that_another_format_keeps_are_refused_with_its_name(studio: Studio) -> None:
    with pytest.raises(InputError, match="cannot stay as they are in webm; choose the format mp4 or mov"):
        studio.submit(film("mp4"), format="webm")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"format": "flac", "depth": "float"}, "flac files hold no float samples; choose the depth 16 or 24"),
        ({"format": "mp3", "depth": "16"}, "leave the depth out"),
        ({"format": "mp4", "depth": "24"}, "leave the depth out"),
        ({"format": "wav", "keep_original": True}, "one track of sound only"),
        ({"track": 1}, "one track of sound only; choose track 1"),
        ({"track": -1}, "0 is no number of a track"),
    ],
)
def test_what_cannot_be_made_is_refused_as_it_is_handed_in(studio: Studio, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        studio.submit(recording(), **wanted)
