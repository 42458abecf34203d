from pathlib import Path

import numpy as np
import pytest
import soundfile

from dispatcher.sample.recording import generate, write_sample
from storage.errors import InputError


@pytest.mark.parametrize("name", ["sample.wav", "sample.flac"])
def test_the_file_holds_the_recording(name: str, tmp_path: Path) -> None:
    write_sample(tmp_path / name, 6.5, rate=16_000, seed=3)
    samples, rate = soundfile.read(tmp_path / name, dtype="float32")
    made = np.concatenate([block.samples for block in generate(6.5, 16_000, 3)])
    assert rate == 16_000
    np.testing.assert_allclose(samples, made, atol=1.0 / 32768)


def test_the_pitch_every_ten_milliseconds_is_written_beside_it(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.wav", 12.0, rate=16_000, pitch_csv=tmp_path / "pitch.csv")
    seconds, hertz = np.loadtxt(tmp_path / "pitch.csv", delimiter=",", skiprows=1, unpack=True)
    made = np.concatenate([block.f0 for block in generate(12.0, 16_000, 1)])
    assert (tmp_path / "pitch.csv").read_text().startswith("seconds,hz\n0.00,")
    np.testing.assert_allclose(seconds, np.arange(1200) / 100.0)
    np.testing.assert_allclose(hertz, made, atol=0.001)


def test_other_formats_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not as 'sample\.mp3'"):
        write_sample(tmp_path / "sample.mp3", 1.0)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        write_sample(tmp_path / "missing" / "sample.wav", 1.0)
