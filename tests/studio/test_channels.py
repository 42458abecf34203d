"""With each channel converted by itself, the result is that of the channels alone, side by side, whatever happens."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import delete, update

from dispatcher.jobs.loading import load_job
from dispatcher.kinds.conversion import atoms_prefix
from storage import keys
from storage.audio.grid import channel_stride, resampled_length
from storage.errors import InputError
from storage.records.schema import AtomRecord
from testing.sounds import noise
from tests.studio.channels import (
    FRAMES,
    RATE,
    atoms,
    back_in_its_stitch,
    converted,
    heard,
    kept,
    object_of,
    set_job,
    split,
    voices,
)  # fmt: skip
from tests.studio.desk import Desk


@pytest.mark.parametrize("wanted", [{}, {"rate": 44_100}, {"format": "flac", "rate": 11_025}])
def test_each_channel_sounds_as_it_does_alone(desk: Desk, wanted: dict[str, object]) -> None:
    path = kept(desk, voices(0.5, 1.0, 0.2))
    together = heard(desk, converted(desk, path, "each", **wanted))
    assert together.shape == (resampled_length(FRAMES, RATE, int(str(wanted.get("rate", 16_000)))), 3)
    for channel in (1, 2, 3):
        alone = heard(desk, converted(desk, path, str(channel), **wanted))
        assert np.abs(alone).max() > 0.05
        # Every channel has noise of its own where rounding to 24 bits needs some.
        np.testing.assert_allclose(together[:, channel - 1], alone, rtol=0, atol=2.0**-21)


def test_left_and_right_are_the_first_channels(desk: Desk) -> None:
    path = kept(desk, voices(0.5, 0.5))
    for name, number in (("left", "1"), ("right", "2")):
        one, other = converted(desk, path, name), converted(desk, path, number)
        assert desk.results([one]) == desk.results([other])
        assert load_job(desk.database, one).channels == number
        assert load_job(desk.database, one).source_channels == 2
        assert load_job(desk.database, one).remark == ""


def test_every_choice_of_channels_has_atoms_of_its_own(desk: Desk) -> None:
    path = kept(desk, voices(0.5, 0.5))
    jobs = [load_job(desk.database, desk.submit(path, channels=c)[0]) for c in ("mix", "1", "2", "each")]
    assert len({atoms_prefix(job) for job in jobs}) == 4
    assert atoms_prefix(jobs[0]) == keys.atom_prefix(jobs[0].source_hash, 16_000)


@pytest.mark.parametrize("channels", ["each", "left"])
def test_of_one_channel_each_is_the_mix(desk: Desk, channels: str) -> None:
    path = kept(desk, voices(0.5)[:, 0])
    one, other = converted(desk, path, channels), converted(desk, path, "mix")
    assert load_job(desk.database, one).channels == "mix"
    # The files differ in their marks, which say what was asked for.
    assert np.array_equal(heard(desk, one), heard(desk, other))


def test_a_channel_without_sound_costs_nothing_and_stays_silent(desk: Desk) -> None:
    samples = voices(0.0, 0.5, 0.0, 0.3)
    samples[::7, 2] = 2.0**-15
    number = converted(desk, kept(desk, samples), "each")
    result, job = heard(desk, number), load_job(desk.database, number)
    stride = channel_stride(FRAMES, RATE, 16_000)
    assert {atom.start // stride for atom in atoms(desk, number)} == {1, 3}
    assert [bool(result[:, channel].any()) for channel in range(4)] == [False, True, False, True]
    assert job.seconds == pytest.approx(2 * job.length) == pytest.approx(2 * FRAMES / RATE)
    assert job.seconds_split == pytest.approx(job.seconds, abs=0.01)


def test_a_recording_without_any_sound_is_finished_without_any_atom(desk: Desk) -> None:
    number = converted(desk, kept(desk, voices(0.0, 0.0)), "each")
    assert atoms(desk, number) == []
    assert heard(desk, number).shape == (resampled_length(FRAMES, RATE, 16_000), 2)
    assert not heard(desk, number).any()


def test_one_gain_serves_all_channels(desk: Desk) -> None:
    path = kept(desk, voices(4.0, 0.4))
    number = converted(desk, path, "each")
    result = heard(desk, number)
    assert np.abs(result).max() == pytest.approx(0.99, abs=1e-3)
    loud, quiet = (float(np.sqrt(np.mean(result[:, channel] ** 2))) for channel in (0, 1))
    alone = heard(desk, converted(desk, path, "2"))
    assert quiet < 0.5 * float(np.sqrt(np.mean(alone**2)))
    sources = [float(np.sqrt(np.mean(voices(4.0, 0.4)[:, channel] ** 2))) for channel in (0, 1)]
    # The high-pass filter takes a little from each.
    assert loud / quiet == pytest.approx(sources[0] / sources[1], rel=0.05)


def test_a_split_that_is_begun_anew_cuts_the_same_atoms(desk: Desk) -> None:
    number = split(desk, kept(desk, voices(0.5, 0.0, 0.5)), "each")
    cut = [(a.number, a.start, a.stop, a.first, a.last, a.out_start, a.out_stop) for a in atoms(desk, number)]
    before = load_job(desk.database, number)
    assert len({start // channel_stride(FRAMES, RATE, 16_000) for _, start, *_ in cut}) == 2
    for known in (0, 1, len(cut) - 2, len(cut) - 1):
        with desk.database.writing() as connection:
            connection.execute(delete(AtomRecord).where(AtomRecord.job_id == number, AtomRecord.number >= known))
        samples = sum(stop - start for _, start, stop, *_ in cut[:known])
        counted = {"seconds_split": samples / 16_000, "seconds_waiting": samples / 16_000}
        set_job(desk, number, state="splitting", atoms=known, atoms_waiting=known, seconds=9.0, **counted)
        desk.studio.splitting.run(number)
        again = load_job(desk.database, number)
        found = [(a.number, a.start, a.stop, a.first, a.last, a.out_start, a.out_stop) for a in atoms(desk, number)]
        assert found == cut
        for fact in ("state", "atoms", "atoms_waiting", "source_frames", "seconds"):
            assert getattr(again, fact) == getattr(before, fact), fact
        assert again.seconds_split == pytest.approx(before.seconds_split)


@pytest.mark.parametrize("place", [0, -1])
def test_a_converted_atom_that_is_lost_is_made_again(desk: Desk, place: int) -> None:
    number = converted(desk, kept(desk, voices(0.5, 0.5)), "each")
    undisturbed = desk.results([number])
    lost = atoms(desk, number)[place]
    object_of(desk, number, lost, prepared=False).unlink()
    back_in_its_stitch(desk, number)
    desk.studio.stitching.run(number)
    assert load_job(desk.database, number).state == "converting"
    assert [a.number for a in atoms(desk, number) if a.state == "waiting"] == [lost.number]
    desk.convert([number])
    desk.studio.stitching.run(number)
    assert desk.results([number]) == undisturbed


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_prepared_atom_that_is_lost_is_cut_again(desk: Desk, place: int) -> None:
    number = split(desk, kept(desk, voices(0.5, 0.0, 0.5)), "each")
    lost = atoms(desk, number)[place]
    stored = object_of(desk, number, lost, prepared=True)
    content = stored.read_bytes()
    stored.unlink()
    with desk.database.writing() as connection:
        connection.execute(update(AtomRecord).where(AtomRecord.number == lost.number).values(state="damaged"))
    set_job(desk, number, atoms_damaged=1)
    desk.studio.mending.run(number)
    assert stored.read_bytes() == content
    assert load_job(desk.database, number).atoms_damaged == 0


def test_a_stitch_that_ends_half_way_begins_anew(desk: Desk) -> None:
    number = converted(desk, kept(desk, voices(0.5, 0.5)), "each")
    undisturbed = desk.results([number])
    last = object_of(desk, number, atoms(desk, number)[-1], prepared=False)
    aside = last.rename(last.with_suffix(".aside"))
    # What cannot be read now may be readable later, as on a disk that is away.
    last.symlink_to(last)
    back_in_its_stitch(desk, number)
    desk.studio.stitching.run(number)
    waiting = load_job(desk.database, number)
    assert (waiting.state, waiting.claim, waiting.claims) == ("stitching", None, 0)
    assert waiting.waiting_for
    last.unlink()
    aside.rename(last)
    desk.studio.stitching.run(number)
    assert desk.results([number]) == undisturbed


def test_short_recordings_of_several_channels_go_together(desk: Desk) -> None:
    paths = [kept(desk, voices(*levels), f"{len(levels)}.wav") for levels in ((0.5, 0.5), (0.0, 0.5, 0.2), (0.0, 0.0))]
    alone = [converted(desk, path, "each") for path in paths]
    together = desk.submit(*paths, channels="each")
    desk.studio.short_splitting.run(together)
    assert desk.asked_alone() == []
    desk.convert(together)
    desk.studio.stitching.run_together(together)
    assert desk.results(together) == desk.results(alone)
    for one, other in zip(together, alone, strict=True):
        for fact in ("atoms", "seconds", "seconds_split", "source_frames", "source_channels", "result_frames"):
            assert getattr(load_job(desk.database, one), fact) == getattr(load_job(desk.database, other), fact), fact


def test_what_lasts_a_minute_in_all_its_channels_is_not_short(desk: Desk) -> None:
    jobs = desk.submit(kept(desk, voices(*[0.5] * 12)), kept(desk, voices(0.5, 0.5), "2.wav"), channels="each")
    desk.studio.short_splitting.run(jobs)
    assert desk.asked_alone() == jobs[:1]


def test_the_balance_of_two_voices_stays(desk: Desk) -> None:
    spoken, rate = soundfile.read(_speech(desk.folder / "voice.wav"), dtype="float32")
    path = desk.folder / "two.wav"
    soundfile.write(path, np.stack([spoken, 0.25 * spoken], axis=1), rate, "FLOAT")
    result = heard(desk, converted(desk, path, "each", voice="bright"))
    levels = [20.0 * np.log10(np.sqrt(np.mean(result[:, channel] ** 2))) for channel in (0, 1)]
    assert levels[0] - levels[1] == pytest.approx(12.04, abs=0.3)
    np.testing.assert_array_equal(result[:, 0], heard(desk, converted(desk, path, "left", voice="bright")))


def test_a_voice_in_two_channels_stays_in_step_with_itself(desk: Desk) -> None:
    spoken, rate = soundfile.read(_speech(desk.folder / "voice.wav"), dtype="float32")
    path = desk.folder / "same.wav"
    soundfile.write(path, np.stack([spoken, spoken], axis=1), rate, "FLOAT")
    left, right = heard(desk, converted(desk, path, "each", voice="bright")).T
    assert np.corrcoef(left, right)[0, 1] > 0.9


def _speech(path: Path) -> Path:
    from dispatcher.sample.recording import write_sample

    write_sample(path, 3.0, rate=24_000)
    return path


@pytest.mark.parametrize(
    ("count", "wanted", "words"),
    [
        (2, {"channels": "3"}, "two.wav has 2 channels, so channel 3 cannot be converted; choose a number up to 2"),
        (1, {"channels": "right"}, "two.wav has one channel, so channel 2 cannot be converted; choose mix"),
        (3, {"channels": "each", "format": "mp3"}, "two.wav has 3 channels, but mp3 files hold no more than 2"),
        (9, {"channels": "each", "format": "flac"}, "choose the format wav, or convert one channel"),
        (65, {"channels": "each"}, "wav files hold no more than 64; convert one channel"),
    ],
)
def test_what_a_recording_or_a_format_does_not_have_is_refused(
    desk: Desk, count: int, wanted: dict[str, str], words: str
) -> None:
    path = desk.folder / "two.wav"
    soundfile.write(path, noise(1_000, count), RATE)
    with pytest.raises(InputError) as refused:
        desk.submit(path, **wanted)
    assert words in str(refused.value)
    assert not list(desk.studio.store.list(""))
