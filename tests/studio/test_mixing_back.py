"""The channels of a recording that were not converted go back beside the one that was, on the same samples."""

import io
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.studio.split.cutting import ONE_CHANNEL
from dispatcher.studio.stitch.mixing_back import among_others
from storage import keys
from storage.audio.grid import resampled_length
from storage.audio.read import open_source
from storage.errors import InputError
from testing.films import SECONDS, film
from testing.fuzz.memory import height
from testing.sounds import Samples, encoded, noise
from tests.reports.rows import job
from tests.studio.channels import (
    FRAMES,
    RATE,
    atoms,
    back_in_its_stitch,
    converted,
    heard,
    kept,
    object_of,
    split,
    voices,
)
from tests.studio.desk import Desk

#: One step of 16 bits.
STEP = 2.0**-15
CHANGED = "talk.wav is not read as it was when it was cut, .*; hand it in again"


def mixed_back(desk: Desk, path: Path, channels: str, **wanted: object) -> int:
    return converted(desk, path, channels, mix_back=True, **wanted)


def resampled(samples: Samples, rate: int) -> Samples:
    """By one call for the whole, which is not how the farm does it."""
    length = resampled_length(len(samples), RATE, rate)
    ended = np.concatenate([samples, np.zeros((64, *samples.shape[1:]), np.float32)])
    return np.asarray(soxr.resample(ended, RATE, rate, quality="HQ"))[:length]


def lag(one: Samples, other: Samples) -> int:
    """By how many samples the second comes later than the first: at most a few thousand."""
    size = 1 << 15
    middle = len(one) // 2
    spectra = [np.fft.rfft(samples[middle : middle + size // 4], size) for samples in (one, other)]
    at = int(np.argmax(np.fft.irfft(spectra[1] * np.conj(spectra[0]), size)))
    return at if at < size // 2 else at - size


@pytest.mark.parametrize(
    ("subtype", "wanted", "tolerance"),
    [
        ("FLOAT", {"rate": 44_100}, 1e-6),
        ("PCM_24", {"format": "flac", "rate": 11_025}, 1e-6),
        ("PCM_16", {}, 0.51 * STEP),
        ("PCM_24", {"depth": "16"}, 1.51 * STEP),
    ],
)
@pytest.mark.parametrize("channels", ["left", "right"])
def test_the_other_channel_is_the_recordings_own_on_the_same_samples(
    desk: Desk, subtype: str, wanted: dict[str, object], tolerance: float, channels: str
) -> None:
    path = kept(desk, voices(0.5, 0.5), subtype=subtype)
    number = mixed_back(desk, path, channels, **wanted)
    result, rate = heard(desk, number), int(str(wanted.get("rate", 16_000)))
    expected = resampled(soundfile.read(path, dtype="float32")[0], rate)
    assert result.shape == expected.shape == (resampled_length(FRAMES, RATE, rate), 2)
    voice, other = (0, 1) if channels == "left" else (1, 0)
    np.testing.assert_allclose(result[:, other], expected[:, other], rtol=0, atol=tolerance)
    assert [lag(expected[:, n], result[:, n]) for n in (0, 1)] == [0, 0]
    alone = heard(desk, converted(desk, path, channels, **wanted))
    np.testing.assert_allclose(result[:, voice], alone, rtol=0, atol=4 * tolerance)


@pytest.mark.parametrize(("format_", "number"), [("wav", 1), ("flac", 3), ("wav", 6)])
def test_any_of_six_channels_stays_in_its_place(desk: Desk, format_: str, number: int) -> None:
    samples = voices(*[0.1 * n for n in range(1, 7)])
    result = heard(desk, mixed_back(desk, kept(desk, samples), str(number), format=format_))
    expected = resampled(samples, 16_000)
    assert result.shape == expected.shape
    others = [n for n in range(6) if n != number - 1]
    np.testing.assert_allclose(result[:, others], expected[:, others], rtol=0, atol=2.0**-21)
    assert [lag(expected[:, n], result[:, n]) for n in range(6)] == [0] * 6


@pytest.mark.parametrize(
    ("subtype", "format_"),
    [("PCM_16", "wav"), ("PCM_24", "flac"), ("FLOAT", "wav")],
)
def test_at_its_own_rate_and_depth_the_other_channel_comes_back_to_the_bit(
    desk: Desk, subtype: str, format_: str
) -> None:
    samples = voices(0.5, 0.5)
    samples[:4, 1] = (1.0, -1.0, 1.0 - 2.0**-15, 2.0**-15 - 1.0)
    path = kept(desk, samples, subtype=subtype)
    result = heard(desk, mixed_back(desk, path, "left", format=format_, rate=RATE))
    np.testing.assert_array_equal(result[:, 1], soundfile.read(path, dtype="float32")[0][:, 1])


def test_only_the_voice_is_turned_down(desk: Desk) -> None:
    samples = voices(4.0, 1.6)
    result = heard(desk, mixed_back(desk, kept(desk, samples), "left"))
    assert np.abs(result[:, 0]).max() == pytest.approx(0.99, abs=1e-3)
    # Beyond full scale, as only a file of floats can have it.
    np.testing.assert_allclose(result[:, 1], resampled(samples, 16_000)[:, 1], rtol=0, atol=1e-6)
    clipped = heard(desk, mixed_back(desk, kept(desk, samples), "left", depth="24"))
    assert np.abs(samples[:, 1]).max() > 1.0
    np.testing.assert_allclose(clipped[:, 1], np.clip(result[:, 1], -1.0, 1.0), rtol=0, atol=2.0**-21)


def test_the_voice_alone_and_among_others_share_their_atoms(desk: Desk) -> None:
    path = kept(desk, voices(0.5, 0.5))
    one, other = (load_job(desk.database, number) for number in desk.submit(path, path, channels="left"))
    with_others = load_job(desk.database, desk.submit(path, channels="left", mix_back=True)[0])
    assert one.mark == other.mark != with_others.mark
    assert (one.mix_back, with_others.mix_back) == (False, True)
    assert converted_prefix(one) == converted_prefix(with_others)
    assert atoms_prefix(one) == atoms_prefix(with_others)


def test_of_one_channel_the_result_is_the_voice_alone_with_a_word(desk: Desk) -> None:
    path = kept(desk, voices(0.5)[:, 0])
    number = mixed_back(desk, path, "left")
    assert load_job(desk.database, number).remark == ONE_CHANNEL
    alone = converted(desk, path, "left")
    assert load_job(desk.database, alone).remark == ""
    np.testing.assert_array_equal(heard(desk, number), heard(desk, alone))


def test_what_is_usual_is_for_requests_that_leave_channels_over_and_can_be_overruled(desk: Desk) -> None:
    usually = replace(desk.settings, mix_back=True)

    def checked(**wanted: object) -> tuple[bool, str]:
        found = check_request(desk.database, usually, Request("through", **wanted))  # type: ignore[arg-type]
        return found.mix_back, found.hash

    def asked(**wanted: object) -> str:
        return check_request(desk.database, desk.settings, Request("through", **wanted)).hash  # type: ignore[arg-type]

    assert checked() == (False, asked())
    assert checked(channels="each") == (False, asked(channels="each"))
    assert checked(channels="left") == (True, asked(channels="1", mix_back=True))
    assert checked(channels="left", mix_back=False) == (False, asked(channels="left"))
    assert asked(channels="left") != asked(channels="left", mix_back=True)


@pytest.mark.parametrize("channels", ["mix", "each"])
def test_where_all_channels_are_converted_none_is_left(desk: Desk, channels: str) -> None:
    with pytest.raises(InputError, match="none left that could be mixed back; convert one channel, or leave the"):
        check_request(desk.database, desk.settings, Request("through", channels=channels, mix_back=True))


@pytest.mark.parametrize(
    ("count", "format_", "words"),
    [
        (
            6,
            "mp3",
            "six.wav has 6 channels, but mp3 files hold no more than 2; choose the format wav, or leave the",
        ),
        (6, "opus", "opus files hold no more than 2, unless its header names them as loudspeakers"),
        (9, "flac", "flac files hold no more than 8"),
        (65, "wav", "wav files hold no more than 64; leave the other channels out"),
    ],
)
def test_a_format_without_room_for_all_channels_is_refused(desk: Desk, count: int, format_: str, words: str) -> None:
    path = desk.folder / "six.wav"
    soundfile.write(path, noise(1_000, count), RATE)
    with pytest.raises(InputError) as refused:
        desk.submit(path, channels="2", mix_back=True, format=format_)
    assert words in str(refused.value)
    assert desk.submit(path, channels="2", mix_back=False, format=format_)


@pytest.mark.parametrize("mend", [False, True])
def test_a_stitch_that_ends_half_way_begins_anew(desk: Desk, mend: bool) -> None:
    number = mixed_back(desk, kept(desk, voices(0.5, 0.5), subtype="PCM_24"), "left", depth="16")
    undisturbed = desk.results([number])
    last = object_of(desk, number, atoms(desk, number)[-1], prepared=False)
    if mend:
        last.unlink()
    else:
        aside = last.rename(last.with_suffix(".aside"))
        # What cannot be read now may be readable later, as on a disk that is away.
        last.symlink_to(last)
    back_in_its_stitch(desk, number)
    desk.studio.stitching.run(number)
    assert load_job(desk.database, number).state == ("converting" if mend else "stitching")
    if mend:
        desk.convert([number])
    else:
        last.unlink()
        aside.rename(last)
    desk.studio.stitching.run(number)
    assert desk.results([number]) == undisturbed


def test_short_recordings_go_together(desk: Desk) -> None:
    paths = [kept(desk, voices(*levels), f"{len(levels)}.wav") for levels in ((0.5, 0.5), (0.5, 0.2, 0.1), (0.5,))]
    alone = [mixed_back(desk, path, "1") for path in paths]
    together = desk.submit(*paths, channels="left", mix_back=True)
    desk.studio.short_splitting.run(together)
    desk.convert(together)
    desk.studio.stitching.run_together(together)
    assert desk.results(together) == desk.results(alone)
    remarks = [load_job(desk.database, number).remark for number in together]
    assert remarks == ["", "", ONE_CHANNEL]


def source_of(desk: Desk, number: int) -> Path:
    return desk.settings.state_folder / "objects" / keys.source_key(load_job(desk.database, number).source_hash)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda content: content[: len(content) // 2], r"promises 5.\d+ s of sound but holds only 2.\d+ s; copy the"),
        (lambda _: encoded(noise(FRAMES + 1, 2), RATE, "WAV", "FLOAT"), CHANGED),
        (lambda _: encoded(noise(FRAMES - 1, 2), RATE, "WAV", "FLOAT"), CHANGED),
        (lambda _: encoded(noise(FRAMES, 3), RATE, "WAV", "FLOAT"), CHANGED),
        (lambda _: encoded(noise(FRAMES, 2), 8_000, "WAV", "FLOAT"), CHANGED),
        (None, "it was removed, or never stored"),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_a_recording_that_was_damaged_meanwhile_fails_its_job_in_a_sentence(
    desk: Desk, harm: object, words: str, together: bool
) -> None:
    number = split(desk, kept(desk, voices(0.5, 0.5)), "left", mix_back=True)
    desk.convert([number])
    source = source_of(desk, number)
    if callable(harm):
        source.write_bytes(harm(source.read_bytes()))
    else:
        source.unlink()
    if together:
        desk.studio.stitching.run_together([number])
    else:
        desk.studio.stitching.run(number)
    failed = load_job(desk.database, number)
    assert failed.state == "failed"
    assert re.search(words, failed.reason), failed.reason


def test_what_is_no_number_is_refused_in_every_channel_that_is_wanted(desk: Desk) -> None:
    samples = voices(0.5, 0.5)
    samples[100, 1] = np.nan
    path = kept(desk, samples)
    number = split(desk, path, "left", mix_back=True)
    assert "not finite (NaN or infinity) at sample 100" in load_job(desk.database, number).reason
    assert len(heard(desk, converted(desk, path, "left")))


@pytest.mark.parametrize("format_", ["ogg", "m4a", "mp3"])
def test_compressed_results_keep_both_channels_in_step(desk: Desk, format_: str) -> None:
    samples = voices(0.5, 0.5)
    number = mixed_back(desk, kept(desk, samples), "right", format=format_, rate=24_000)
    (content,) = desk.results([number])
    with open_source(io.BytesIO(content), "x") as source:
        result = np.concatenate([frames.copy() for frames in source.frames()])
    expected = resampled(samples, 24_000)
    assert len(expected) <= len(result) <= len(expected) + (2048 if format_ == "m4a" else 0)
    assert [lag(expected[:, n], result[: len(expected), n]) for n in (0, 1)] == [0, 0]


def tones(content: bytes, track: int = 0) -> tuple[str, list[int]]:
    """How FFmpeg calls the loudspeakers of a film's track, and the tone of each, to the next ten hertz."""
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.audio[track]
        planes = np.concatenate([_planes(frame) for frame in container.decode(stream)], axis=1)
        second = planes[:, stream.codec_context.sample_rate // 2 :][:, : stream.codec_context.sample_rate]
        loudest = np.argmax(np.abs(np.fft.rfft(second)), axis=1)
        return stream.layout.name, [round(int(hertz), -1) for hertz in loudest]


def _planes(frame: Any) -> Samples:
    samples = frame.to_ndarray()
    return np.asarray(samples if frame.format.is_planar else samples.reshape(frame.samples, -1).T, np.float32)


@pytest.mark.parametrize(
    ("container", "format_", "depth"),
    [
        ("mp4", "mp4", None),
        ("matroska", "mkv", "24"),
        ("webm", "webm", None),
    ],
)
def test_a_film_of_six_channels_keeps_its_loudspeakers(
    desk: Desk, container: str, format_: str, depth: str | None
) -> None:
    path = desk.folder / "film"
    path.write_bytes(film(container, layout="5.1"))
    wanted = {"track": 1, "keep_original": True, "format": format_, "depth": depth}
    number = mixed_back(desk, path, "1", rate=48_000, **wanted)
    (content,) = desk.results([number])
    made, voice = tones(content)
    assert made == ("5.1(side)" if depth else "5.1")
    was = [600, 700, 800, 900, 1_000, 1_100]
    # The one for the bass has little above 100 Hz after AAC.
    assert [hertz for n, hertz in enumerate(voice) if n != 3] == [hertz for n, hertz in enumerate(was) if n != 3]
    for track in (1, 2):
        assert tones(content, track)[0] == "5.1"
    frames = load_job(desk.database, number).result_frames
    assert Fraction(frames, 48_000) == pytest.approx(SECONDS, abs=0.1)


def test_a_film_keeps_two_channels_beside_its_pictures(desk: Desk) -> None:
    path = desk.folder / "film"
    path.write_bytes(film("mp4", layout="stereo"))
    (content,) = desk.results([mixed_back(desk, path, "right", format="mp4")])
    assert tones(content) == ("stereo", [300, 400])


@settings(max_examples=25, deadline=None)
@given(
    frames=st.integers(13, 9_000),
    rate=st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 96_001]),
    rate_out=st.sampled_from([8_000, 16_000, 24_000, 44_100, 48_000]),
    channels=st.integers(2, 5),
    data=st.data(),
)
def test_any_length_at_any_rate_is_exact_and_in_step(
    frames: int, rate: int, rate_out: int, channels: int, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, channels))
    samples = noise(frames, channels)
    wanted = job(
        channels=str(number), source_channels=channels, source_frames=frames, source_rate=rate, rate_out=rate_out
    )
    length = resampled_length(frames, rate, rate_out)
    voice = np.arange(length, dtype=np.float32)
    cuts = sorted(data.draw(st.lists(st.integers(0, length), max_size=3)))
    with open_source(io.BytesIO(encoded(samples, rate, "WAV", "FLOAT")), "x") as source:
        result = np.concatenate(list(among_others(iter(np.split(voice, cuts)), source, wanted)))
    assert result.shape == (length, channels)
    np.testing.assert_array_equal(result[:, number - 1], voice)
    ended = np.concatenate([samples, np.zeros((64, channels), np.float32)])
    whole = soxr.resample(ended, rate, rate_out, quality="HQ") if rate != rate_out else samples
    others = [n for n in range(channels) if n != number - 1]
    np.testing.assert_allclose(result[:, others], whole[:length, others], rtol=0, atol=1e-5)


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """Six minutes of four channels are 127 MB."""
    rate, minutes, minute = 22_050, 6, noise(60 * 22_050, 4)
    frames = minutes * len(minute)
    with soundfile.SoundFile(tmp_path / "long.wav", "w", rate, 4, "PCM_16") as long:
        for _ in range(minutes):
            long.write(minute)
    wanted = job(channels="2", source_channels=4, source_frames=frames, source_rate=rate, rate_out=16_000)
    length = resampled_length(frames, rate, 16_000)
    voice = (np.zeros(min(1 << 16, length - at), np.float32) for at in range(0, length, 1 << 16))
    done = 0
    with height() as found, open_source(tmp_path / "long.wav", "x") as source:
        for block in among_others(voice, source, wanted):
            done += len(block)
    assert done == length
    assert found[0] < 24
