"""Once a recording has been read, it is known how much mixing its channels loses."""

import io

import numpy as np
import pytest

from storage.audio.read import open_source
from testing.sounds import Samples, encoded, muxed, noise, tone

RATE = 16_000


def loss(samples: Samples, container: str = "WAV", subtype: str = "FLOAT") -> float:
    with open_source(io.BytesIO(encoded(samples, RATE, container, subtype)), "x") as source:
        for _ in source.blocks():
            pass
        return source.mixing_loss_db


def stereo(left: Samples, right: Samples) -> Samples:
    return np.stack([left, right], axis=1)


TONE = tone(10 * RATE, RATE)
NOISE = noise(10 * RATE, 2)


@pytest.mark.parametrize(
    ("samples", "decibels"),
    [
        (TONE, 0.0),
        (stereo(TONE, TONE), 0.0),
        (NOISE, 3.0),
        (stereo(TONE, 0 * TONE), 3.0),
        (np.concatenate([NOISE[:, :1]] + [0 * NOISE[:, :1]] * 5, axis=1), 7.8),
        (stereo(TONE, np.float32(-0.9) * TONE), 25.6),
        (stereo(TONE, -TONE), 144.0),
        (0 * NOISE, 0.0),
    ],
    ids=["mono", "the same twice", "independent", "one side", "one of six", "nearly opposite", "opposite", "silence"],
)
def test_loss_is_the_power_of_the_channels_relative_to_the_mix(samples: Samples, decibels: float) -> None:
    assert loss(samples) == pytest.approx(decibels, abs=0.05)


@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS")])
def test_opposite_channels_are_noticed_in_every_kind_of_file(container: str, subtype: str) -> None:
    assert loss(stereo(TONE, -TONE), container, subtype) > 40


def test_loss_is_measured_for_what_ffmpeg_reads_too() -> None:
    with open_source(io.BytesIO(muxed(TONE, RATE, "ipod", "aac")), "x") as source:
        assert sum(map(len, source.blocks())) >= len(TONE)
        assert source.mixing_loss_db == 0.0


@pytest.mark.parametrize("size", [1e30, 3e38, 1e-30])
def test_samples_of_any_size_give_a_finite_loss(size: float) -> None:
    """A mix that overflows is refused elsewhere; one that does not must cause no warning."""
    left = np.full(1000, size, np.float32)
    assert loss(stereo(left, np.float32(-1) * left)) == 0.0
