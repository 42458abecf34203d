"""One channel of a recording can be read by itself, and channels without sound are found on the way."""

import io

import numpy as np
import pytest

from storage.audio.channels import Channels
from storage.audio.read import open_source
from storage.audio.silence import SILENT
from storage.errors import AudioError, InputError
from testing.sounds import Samples, encoded, muxed, noise, tone

RATE = 16_000


def read(content: bytes, channel: int | None) -> tuple[Samples, frozenset[int], float]:
    """All of a channel, the channels without sound, and what mixing lost."""
    with open_source(io.BytesIO(content), "x", channel=channel) as source:
        return np.concatenate(list(source.blocks(0.3))), source.silent_channels, source.mixing_loss_db


@pytest.mark.parametrize(
    ("said", "text"),
    [("mix", "mix"), ("Left", "1"), ("right", "2"), (" each ", "each"), ("1", "1"), ("007", "7"), ("12", "12")],
)
def test_a_choice_has_one_spelling(said: str, text: str) -> None:
    assert Channels.of(said).text == text


@pytest.mark.parametrize("said", ["", "both", "0", "-1", "1.5", "²", "٣", "1,2", "9" * 40])
def test_anything_else_is_refused_and_the_choices_are_listed(said: str) -> None:
    with pytest.raises(InputError, match="choose mix, left, right, each, or a channel's number"):
        Channels.of(said)


def test_a_channel_that_a_recording_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match=r"^x has 2 channels, so channel 3 cannot .* choose a number up to 2$"):
        Channels("3").within(2, "x")
    with pytest.raises(InputError, match="x has one channel, so channel 2 cannot be converted; choose mix"):
        Channels("2").within(1, "x")
    assert Channels("2").within(2, "x") == Channels("2")


@pytest.mark.parametrize("text", ["mix", "each", "1"])
def test_one_channel_leaves_nothing_to_choose(text: str) -> None:
    assert Channels(text).within(1, "x") == Channels("mix")


@pytest.mark.parametrize(
    ("container", "subtype"), [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16")]
)
def test_a_channel_is_read_as_it_was_written(container: str, subtype: str) -> None:
    samples = noise(20_001, 3)
    for channel in (1, 2, 3):
        heard, _, loss = read(encoded(samples, RATE, container, subtype), channel)
        np.testing.assert_allclose(heard, samples[:, channel - 1], atol=2.0**-15)
        assert loss == 0.0


def test_opposite_channels_are_whole_by_themselves() -> None:
    left = tone(RATE, RATE)
    heard, _, loss = read(encoded(np.stack([left, -left], axis=1), RATE, "WAV", "FLOAT"), 2)
    np.testing.assert_array_equal(heard, -left)
    assert loss == 0.0


def test_channels_that_never_leave_the_last_bit_are_silent() -> None:
    samples = np.zeros((RATE, 4), np.float32)
    samples[::3, 1] = -SILENT
    samples[-1, 2] = -2 * SILENT
    samples[5, 3] = 0.5
    assert read(encoded(samples, RATE, "WAV", "FLOAT"), 1)[1] == {1, 2}


def test_what_is_no_number_harms_only_its_own_channel_and_is_no_silence() -> None:
    samples = np.zeros((RATE, 2), np.float32)
    samples[100, 1] = np.nan
    content = encoded(samples, RATE, "WAV", "FLOAT")
    assert read(content, 1)[1] == {1}
    with pytest.raises(AudioError, match=r"not finite .* at sample 100"):
        read(content, 2)


def test_a_recording_that_changes_its_channels_has_none_that_could_be_read_by_itself() -> None:
    one, two = muxed(tone(RATE, RATE), RATE, "adts", "aac"), muxed(noise(RATE, 2), RATE, "adts", "aac")
    with pytest.raises(AudioError, match=r"x has 2 channels instead of 1 from [01]\.\d+ s on"):
        read(one + two, 1)
    assert len(read(one + two, None)[0]) > 1.8 * RATE
