"""Lengths are exact for any recording, and its atoms add up to the whole."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from storage.audio.grid import cell_length, cells_in, resampled_length

RATES = st.sampled_from([8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 40_000, 44_100, 48_000, 96_000, 192_000])
ENGINE_RATES = st.sampled_from([16_000, 24_000])
VOICE_RATES = st.sampled_from([16_000, 24_000, 32_000, 40_000, 44_100, 48_000])
TEN_HOURS = 10 * 3600 * 192_000


@given(samples=st.integers(1, TEN_HOURS), rate_in=RATES, rate_out=RATES)
def test_a_length_is_the_rounded_exact_quotient(samples: int, rate_in: int, rate_out: int) -> None:
    exact = Fraction(samples * rate_out, rate_in)
    assert abs(resampled_length(samples, rate_in, rate_out) - exact) <= Fraction(1, 2)


@given(samples=st.integers(1, TEN_HOURS), rate=RATES, engine=ENGINE_RATES, voice=VOICE_RATES, data=st.data())
def test_the_atoms_of_any_cutting_add_up_to_the_whole(
    samples: int, rate: int, engine: int, voice: int, data: st.DataObject
) -> None:
    """Cuts on the grid are whole samples at the voice's rate, so only the last atom is rounded."""
    total = resampled_length(samples, rate, engine)
    cells = total // cell_length(engine)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(cells, 1)), max_size=4)))
    positions = [0, *(c * cell_length(engine) for c in cuts if c * cell_length(engine) < total)]
    outs = [resampled_length(p, engine, voice) for p in positions]
    assert all(Fraction(p * voice, engine) == o for p, o in zip(positions, outs, strict=True))
    lengths = [b - a for a, b in zip(outs, [*outs[1:], resampled_length(samples, rate, voice)], strict=True)]
    assert sum(lengths) == resampled_length(samples, rate, voice)


@given(samples=st.integers(0, 10_000_000), rate=ENGINE_RATES)
def test_cells_cover_all_samples(samples: int, rate: int) -> None:
    assert (cells_in(samples, rate) - 1) * cell_length(rate) < samples <= cells_in(samples, rate) * cell_length(
        rate
    ) or (samples == 0 and cells_in(samples, rate) == 0)
