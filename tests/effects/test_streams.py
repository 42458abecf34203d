"""What holds of every effect: it does not matter in what pieces a recording comes, and nothing gets lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effects.sounds import RATE, STEREO, WRITTEN, heard, talk
from workers.effects.catalog import BY_NAME
from workers.effects.effect import Shape
from workers.effects.grammar import read_chain
from workers.effects.linear import Linear, impulse_of

TALK = talk(2.5)
WHOLE = {text: heard(text, TALK) for text in WRITTEN}
PIECES = st.lists(st.integers(1, 9000), min_size=1, max_size=5)
#: -100 dB, beside the loudest sample of all.
INAUDIBLE = 1e-5


def test_every_effect_is_tried_here() -> None:
    assert {read_chain(text).effects[0].name for text in WRITTEN} == BY_NAME.keys() - {"pan"}, "pan wants one channel"


@pytest.mark.parametrize("text", WRITTEN)
@settings(max_examples=4)
@given(lengths=PIECES)
def test_a_recording_may_come_in_any_pieces(text: str, lengths: list[int]) -> None:
    assert np.array_equal(heard(text, TALK, lengths=lengths), WHOLE[text])


@pytest.mark.parametrize("text", WRITTEN)
@pytest.mark.parametrize("length", [0, 1, 37, 1000, 17_003])
def test_nothing_is_lost_or_added(text: str, length: int) -> None:
    frames = TALK[:length]
    out = heard(text, frames)
    effect = read_chain(text).effects[0]
    assert np.isfinite(out).all()
    if effect.keeps_length:
        assert len(out) == length
    assert out.shape[1] == effect.becomes(STEREO).channels


@pytest.mark.parametrize(
    ("text", "factor"), [("stretch 1.3", 1 / 1.3), ("stretch 0.7", 1 / 0.7), ("resample 11025", 11025 / RATE)]
)
@pytest.mark.parametrize("length", [0, 1, 37, 1000, 17_003])
def test_what_changes_the_length_does_so_exactly(text: str, factor: float, length: int) -> None:
    assert len(heard(text, TALK[:length])) == round(length * factor)


@pytest.mark.parametrize("text", [text for text in WRITTEN if isinstance(read_chain(text).effects[0], Linear)])
@settings(max_examples=6)
@given(data=st.data())
def test_a_piece_with_its_context_sounds_as_it_does_in_the_whole(text: str, data: st.DataObject) -> None:
    (effect,) = read_chain(text).effects
    assert isinstance(effect, Linear)
    before, after = effect.context(RATE)
    start = data.draw(st.integers(0, len(TALK) - 1))
    stop = data.draw(st.integers(start + 1, len(TALK)))
    first, last = max(start - before, 0), min(stop + after, len(TALK))
    alone = heard(text, TALK[first:last])[start - first : stop - first]
    assert np.abs(alone - WHOLE[text][start:stop]).max() <= INAUDIBLE * np.abs(WHOLE[text]).max()


@pytest.mark.parametrize("text", WRITTEN)
def test_silence_stays_silence(text: str) -> None:
    assert not heard(text, np.zeros_like(TALK)).any()


@pytest.mark.parametrize("text", WRITTEN)
def test_channels_that_are_alike_stay_alike(text: str) -> None:
    alike = np.repeat(TALK[:, :1], 2, axis=1)
    out = heard(text, alike)
    assert np.array_equal(out[:, 0], out[:, -1])


@settings(max_examples=10)
@given(
    st.lists(
        st.sampled_from([t for t in WRITTEN if read_chain(t).effects[0].keeps_length and t != "mono"]),
        min_size=2,
        max_size=5,
    ),
    PIECES,
)
def test_chains_may_come_in_any_pieces_too(texts: list[str], lengths: list[int]) -> None:
    chain = " | ".join(texts)
    assert np.array_equal(heard(chain, TALK, lengths=lengths), heard(chain, TALK))


def test_filters_that_follow_each_other_are_one_and_sound_as_one_after_the_other() -> None:
    texts = ("highpass 80", "eq 200 -3", "eq 3k 4 q=2", "highshelf 5k 3", "lowpass 7k")
    one_by_one = TALK
    for text in texts:
        one_by_one = heard(text, one_by_one)
    together = heard(" | ".join(texts), TALK)
    assert np.abs(together - one_by_one).max() < INAUDIBLE / 10


def test_what_rings_longer_than_it_is_kept_for_is_cut_off_inaudibly() -> None:
    (effect,) = read_chain("delay 0.12 feedback=60").effects
    assert isinstance(effect, Linear)
    found = impulse_of((effect,), RATE)
    longer = np.fft.irfft(effect.response(RATE, 1 << 19), 1 << 19)
    cut_off = longer[found.after + 1 : (1 << 18)]
    assert np.sum(cut_off**2) < 1e-13 * np.sum(longer**2)


@settings(max_examples=6)
@given(st.integers(4000, 192_000))
def test_every_rate_will_do(rate: int) -> None:
    frames = talk(0.2, Shape(rate, 1))
    out = heard("highpass 80 | eq 9k 3 | reduce-noise | deess | compress -24 | limit -3", frames, rate)
    assert len(out) == len(frames)
    assert np.isfinite(out).all()
