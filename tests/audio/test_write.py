"""Results are written in every format, completely or not at all."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storage.audio.encoders import NO_LABELS, ResultShape, container_of
from storage.audio.formats import most_channels
from storage.audio.read import open_source, probe
from storage.audio.write import FORMATS, Labels, Stored, format_of, open_result, writable_rate
from storage.errors import AudioError, InputError, NoSpace
from testing.sounds import Samples, noise, tone

RATE = 48_000
FRAMES = 2 * RATE + 77


def write(path: Path, samples: Samples, rate: int, kind: str, subtype: str | None = None) -> None:
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with open_result(
        path, rate=rate, format=kind, frames=len(samples), stored=Stored(subtype), channels=channels
    ) as result:
        for at in range(0, len(samples), 10_007):
            result.write(samples[at : at + 10_007])


def read(path: Path) -> Samples:
    with open_source(path, path.name) as source:
        return np.concatenate(list(source.blocks()))


@pytest.mark.parametrize(
    ("kind", "tolerance"),
    [("wav", 1 / 32767), ("flac", 1 / 32767), ("mp3", 0.03), ("ogg", 0.05), ("opus", 0.03), ("m4a", 0.03)],
)
def test_every_format_returns_what_was_written(kind: str, tolerance: float, tmp_path: Path) -> None:
    """The length is exact to the sample, except that AAC pads its last frame."""
    path = tmp_path / f"talk.{kind}"
    samples = tone(FRAMES, RATE)
    write(path, samples, RATE, kind)
    heard = read(path)
    assert FRAMES <= len(heard) <= FRAMES + (2048 if kind == "m4a" else 0)
    assert np.max(np.abs(heard[:FRAMES] - samples)[4000:-4000]) <= tolerance


@pytest.mark.parametrize("kind", FORMATS)
def test_title_and_artist_are_carried_along(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"talk.{kind}"
    with open_result(path, rate=RATE, format=kind, frames=RATE, labels=Labels("Über Züge", "Ada")) as result:
        result.write(tone(RATE, RATE))
    facts = probe(path, path.name)
    assert (facts.title, facts.artist) == ("Über Züge", "Ada")


@pytest.mark.parametrize(
    ("kind", "subtype", "read_as"),
    [
        ("wav", None, "PCM_16"),
        ("wav", "PCM_24", "PCM_24"),
        ("wav", "FLOAT", "FLOAT"),
        ("flac", None, "PCM_16"),
        ("flac", "PCM_24", "PCM_24"),
    ],
)
def test_the_sample_type_can_be_chosen(kind: str, subtype: str | None, read_as: str, tmp_path: Path) -> None:
    write(tmp_path / "talk", tone(100, RATE), RATE, kind, subtype)
    assert probe(tmp_path / "talk", "x").codec == read_as


@pytest.mark.parametrize(("kind", "subtype"), [("wav", "ULAW"), ("flac", "FLOAT"), ("mp3", "PCM_16")])
def test_an_unknown_sample_type_is_refused(kind: str, subtype: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{kind} files hold no {subtype} samples"):
        write(tmp_path / "talk", tone(100, RATE), RATE, kind, subtype)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_samples_beyond_full_scale_are_clipped_without_wrapping(subtype: str, tmp_path: Path) -> None:
    write(tmp_path / "talk.wav", np.array([1.5, -1.5, 1.0, -1.0, 100.0], np.float32), RATE, "wav", subtype)
    values, _ = soundfile.read(tmp_path / "talk.wav", dtype="float32")
    np.testing.assert_allclose(values, [1, -1, 1, -1, 1], atol=1e-4)


def test_float_files_keep_samples_beyond_full_scale(tmp_path: Path) -> None:
    samples = np.array([1.5, -3.0], np.float32)
    write(tmp_path / "talk.wav", samples, RATE, "wav", "FLOAT")
    np.testing.assert_array_equal(read(tmp_path / "talk.wav"), samples)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 32_000, 40_000, 44_100, 48_000, 192_000])
def test_a_rate_reported_as_writable_can_be_written(kind: str, rate: int, tmp_path: Path) -> None:
    used = writable_rate(kind, rate)
    assert used >= min(rate, 48_000)
    write(tmp_path / "talk", tone(2_000, used), used, kind)
    assert probe(tmp_path / "talk", "x").rate == used


@pytest.mark.parametrize(
    ("kind", "rate", "used"),
    [
        ("opus", 44_100, 48_000),
        ("opus", 16_000, 16_000),
        ("mp3", 40_000, 44_100),
        ("mp3", 96_000, 48_000),
        ("m4a", 40_000, 44_100),
        ("wav", 40_000, 40_000),
        ("ogg", 192_000, 192_000),
        ("ogg", 250_000, 192_000),
        ("wav", 250_000, 192_000),
        ("flac", 44_101, 44_101),
        ("flac", 191_999, 192_000),
        ("flac", 700_000, 192_000),
    ],
)
def test_the_nearest_rate_at_or_above_is_used(kind: str, rate: int, used: int) -> None:
    assert writable_rate(kind, rate) == used


def test_a_rate_that_the_format_does_not_support_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="opus files cannot have a rate of 44100 Hz; use 48000 Hz"):
        write(tmp_path / "talk.opus", tone(10, 44_100), 44_100, "opus")


@pytest.mark.parametrize(
    ("name", "kind"), [("a/talk.WAV", "wav"), (".mp3", "mp3"), ("opus", "opus"), (Path("x.y.m4a"), "m4a")]
)
def test_the_format_follows_from_the_extension(name: str | Path, kind: str) -> None:
    assert format_of(name) == kind


@pytest.mark.parametrize("name", ["talk.docx", "talk", "", "wav/talk"])
def test_an_unknown_extension_is_refused_with_a_list_of_known_ones(name: str) -> None:
    with pytest.raises(InputError, match=re.escape("wav, flac, mp3, ogg, opus, m4a")):
        format_of(name)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_failure_leaves_no_partial_file(kind: str, tmp_path: Path) -> None:
    def interrupted() -> None:
        with open_result(tmp_path / "talk", rate=RATE, format=kind, frames=RATE) as result:
            result.write(tone(RATE // 2, RATE))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("written", [999, 1001])
def test_a_result_must_have_its_announced_length(written: int, tmp_path: Path) -> None:
    with (
        pytest.raises(AudioError, match=f"should have 1000 samples but got {written}"),
        open_result(tmp_path / "talk", rate=RATE, format="wav", frames=1000) as result,
    ):
        result.write(tone(written, RATE))
    assert not list(tmp_path.iterdir())


def test_a_sample_that_is_not_a_number_is_refused_with_its_position(tmp_path: Path) -> None:
    samples = noise(100)[:, 0]
    samples[30] = np.nan
    with (
        pytest.raises(AudioError, match="NaN or infinity at sample 30"),
        open_result(tmp_path / "talk", rate=RATE, format="wav", frames=100) as result,
    ):
        result.write(samples)


@pytest.mark.parametrize(("frames", "magic"), [(1_000_000_000, b"RIFF"), (2_200_000_000, b"RF64")])
def test_a_wav_beyond_four_gigabytes_becomes_rf64(frames: int, magic: bytes, tmp_path: Path) -> None:
    """The first bytes show it; writing is abandoned before the gigabytes."""
    path, seen = tmp_path / "talk.wav", []

    def interrupted() -> None:
        with open_result(path, rate=RATE, format="wav", frames=frames) as result:
            for _ in range(20):
                result.write(tone(RATE, RATE))
            seen.append(path.read_bytes()[:4])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert seen == [magic]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written \(No such file"):
        write(tmp_path / "nowhere" / "talk.wav", tone(10, RATE), RATE, "wav")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_full_disk_is_reported_as_such(kind: str, tmp_path: Path) -> None:
    """/dev/full refuses every byte, as a full disk does."""
    path = tmp_path / "talk"
    path.symlink_to("/dev/full")
    with pytest.raises(NoSpace, match=r"no room to write .*No space left"):
        write(path, noise(40 * RATE)[:, 0], RATE, kind)
    assert not list(tmp_path.iterdir())
    assert Path("/dev/full").is_char_device()


CROWDED = """
import resource, sys
from pathlib import Path
from storage.errors import NoSpace
from tests.audio.test_write import RATE, noise, write
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
for kind in ("wav", "flac", "mp3", "m4a"):
    try:
        write(Path(sys.argv[1]), noise(20 * RATE)[:, 0], RATE, kind)
    except NoSpace:
        assert not Path(sys.argv[1]).exists()
    else:
        sys.exit(f"{kind} was written")
"""


def test_a_disk_that_fills_up_during_writing_is_reported_and_the_part_removed(tmp_path: Path) -> None:
    """In a separate process, whose files may not grow beyond 60 000 bytes."""
    done = subprocess.run(
        [sys.executable, "-c", CROWDED, str(tmp_path / "talk")],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr


AT_ONCE = """
import sys
from pathlib import Path
from storage.audio.write import Labels, open_result
from tests.audio.test_write import noise, read
path, kind, rate = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
samples = noise(2_500_000)[:, 0]
with open_result(path, rate=rate, format=kind, frames=len(samples)) as result:
    result.write(samples)
print(len(read(path)))
"""


@pytest.mark.parametrize(
    ("kind", "rate"),
    [("wav", 192_000), ("flac", 192_000), ("mp3", 48_000), ("ogg", 192_000), ("opus", 48_000), ("m4a", 96_000)],
)
def test_a_long_block_is_written_at_once_at_the_highest_rate(kind: str, rate: int, tmp_path: Path) -> None:
    """In a separate process, because the original fault was a crash."""
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, str(tmp_path / "talk"), kind, str(rate)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert 2_500_000 <= int(done.stdout) <= 2_500_000 + (2048 if kind == "m4a" else 0)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_result_does_not_depend_on_the_blocks_it_came_in(kind: str, tmp_path: Path) -> None:
    samples = noise(3 * RATE)[:, 0]
    heard = []
    for size in (len(samples), 10_007):
        path = tmp_path / f"{size}.{kind}"
        with open_result(path, rate=RATE, format=kind, frames=len(samples)) as result:
            for at in range(0, len(samples), size):
                result.write(samples[at : at + size])
        heard.append(read(path))
    np.testing.assert_array_equal(heard[0], heard[1])


def test_a_wav_without_samples_is_a_valid_wav(tmp_path: Path) -> None:
    write(tmp_path / "talk.wav", tone(0, RATE), RATE, "wav")
    assert soundfile.info(tmp_path / "talk.wav").frames == 0


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "wav"])
def test_a_result_without_samples_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="would hold no samples"):
        write(tmp_path / "talk", tone(0, RATE), RATE, kind)
    assert not list(tmp_path.iterdir())


def test_a_result_that_cannot_be_begun_is_reported_and_not_in_pythons_words(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be written as wav at 0 Hz") as told:
        write(tmp_path / "talk.wav", tone(10, RATE), 0, "wav")
    assert "object at 0x" not in str(told.value)


def channels_of(path: Path, count: int) -> Samples:
    """Every channel of a file, read by itself."""
    columns = []
    for channel in range(1, count + 1):
        with open_source(path, path.name, channel=channel) as source:
            columns.append(np.concatenate(list(source.blocks())))
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    ("kind", "tolerance"),
    [("wav", 1 / 32767), ("flac", 1 / 32767), ("mp3", 0.03), ("ogg", 0.05), ("opus", 0.03), ("m4a", 0.03)],
)
def test_every_format_keeps_two_voices_apart(kind: str, tolerance: float, tmp_path: Path) -> None:
    path = tmp_path / f"talk.{kind}"
    samples = np.stack([tone(FRAMES, RATE), 0.5 * tone(FRAMES, RATE, 300.0)], axis=1)
    samples[: FRAMES // 2, 1] = 0.0
    write(path, samples, RATE, kind)
    heard = channels_of(path, 2)
    assert FRAMES <= len(heard) <= FRAMES + (2048 if kind == "m4a" else 0)
    assert np.max(np.abs(heard[:FRAMES] - samples)[4000:-4000]) <= tolerance
    # What is silent stays so beside a voice: at least 50 dB below it.
    assert np.max(np.abs(heard[4000 : FRAMES // 2 - 4000, 1])) < 0.001


@pytest.mark.parametrize(("kind", "most"), [("wav", 64), ("flac", 8)])
def test_lossless_formats_hold_many_voices(kind: str, most: int, tmp_path: Path) -> None:
    path = tmp_path / f"talk.{kind}"
    samples = noise(RATE // 10, most)
    write(path, samples, RATE, kind)
    np.testing.assert_allclose(channels_of(path, most), samples, atol=1 / 32767)


@pytest.mark.parametrize("kind", FORMATS)
def test_more_channels_than_a_format_holds_are_refused(kind: str, tmp_path: Path) -> None:
    most = most_channels(kind)
    with pytest.raises(InputError, match=f"{kind} files are written with {most} channels at the most, not {most + 1}"):
        write(tmp_path / "talk", noise(10, most + 1), RATE, kind)
    assert not list(tmp_path.iterdir())


def test_a_long_result_of_many_channels_is_no_plain_wav() -> None:
    hours = ResultShape(RATE, "wav", 7 * 3600 * RATE, NO_LABELS, "PCM_16")
    assert container_of(hours) == ("WAV", "PCM_16")
    assert container_of(replace(hours, channels=2)) == ("RF64", "PCM_16")


def test_the_frame_that_is_no_number_is_named(tmp_path: Path) -> None:
    samples = noise(1000, 2)
    samples[700, 1] = np.nan
    with pytest.raises(AudioError, match="NaN or infinity at sample 700 "):
        write(tmp_path / "talk.wav", samples, RATE, "wav")
