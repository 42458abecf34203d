import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.phase import ANCHOR_STEP
from workers.engines.rvc.strip import CONTEXT, TAIL, strip_of, wanted_frames
from workers.engines.rvc.windows import STEP
from workers.engines.voice import Piece

HOP = 320
#: A sample's value is its absolute number times this, which shows where it comes from; all values stay below one.
UNIT = 2.0**-20


@st.composite
def pieces(draw: st.DrawFn) -> tuple[Piece, int]:
    """An atom anywhere in a recording, with the context that an engine asks for, and the recording's length."""
    total = draw(st.integers(1, 400_000))
    start = draw(st.integers(0, (total - 1) // HOP)) * HOP
    stop = min(start + draw(st.integers(1, 700)) * HOP, total)
    first = max(start - CONTEXT * HOP, 0)
    samples = np.asarray(UNIT * np.arange(first, min(stop + CONTEXT * HOP, total)), np.float32)
    return Piece(samples, first, start, stop, 0, 0), total


@given(pieces())
def test_a_strip_lies_on_the_grid_of_the_whole_recording(given_piece: tuple[Piece, int]) -> None:
    piece, total = given_piece
    strip = strip_of(piece)
    assert strip.frames % STEP == 0
    assert len(strip.samples) == strip.frames * HOP + TAIL
    absolute = strip.first * HOP + np.arange(len(strip.samples))
    held = (absolute >= piece.first) & (absolute < piece.first + len(piece.samples))
    np.testing.assert_array_equal(strip.samples[held], absolute[held] * UNIT)
    assert (absolute[held] < total).all()


@given(pieces())
def test_an_atom_has_its_whole_context_on_both_sides(given_piece: tuple[Piece, int]) -> None:
    piece, _ = given_piece
    strip = strip_of(piece)
    assert strip.first * HOP == piece.start - CONTEXT * HOP
    assert (strip.first + strip.frames - CONTEXT) * HOP >= piece.stop


@given(pieces())
def test_beyond_its_ends_a_strip_is_mirrored(given_piece: tuple[Piece, int]) -> None:
    piece, _ = given_piece
    strip = strip_of(piece)
    first, last = piece.first, piece.first + len(piece.samples) - 1
    absolute = strip.first * HOP + np.arange(len(strip.samples))
    if first == last:
        assert (strip.samples == strip.samples[0]).all()
        return
    # Counted from the first sample held, places go back and forth between it and the last one.
    there_and_back = (absolute - first) % (2 * (last - first))
    wanted = first + np.minimum(there_and_back, 2 * (last - first) - there_and_back)
    np.testing.assert_array_equal(strip.samples, wanted * UNIT)


def test_samples_louder_than_full_scale_are_limited_to_it() -> None:
    loud = np.array([0.5, -0.5, 1.5, -1e30, 1e30], np.float32)
    strip = strip_of(Piece(loud, 0, 0, 5, 0, 0))
    np.testing.assert_array_equal(strip.samples[CONTEXT * HOP :][:5], [0.5, -0.5, 1.0, -1.0, 1.0])


@given(pieces())
def test_the_wanted_frames_are_those_that_the_atom_touches(given_piece: tuple[Piece, int]) -> None:
    piece, _ = given_piece
    strip = strip_of(piece)
    first, last = wanted_frames(piece, strip)
    assert (strip.first_pitch_frame + first) * 160 == piece.start
    assert (strip.first_pitch_frame + last - 1) * 160 < piece.stop <= (strip.first_pitch_frame + last) * 160
    assert 0 <= first < last <= 2 * strip.frames


@given(pieces(), st.integers(0, 3), st.integers(1, 3))
def test_a_window_has_what_the_nets_need_for_its_frames(given_piece: tuple[Piece, int], skip: int, count: int) -> None:
    strip = strip_of(given_piece[0])
    first = skip * STEP
    last = min(first + count * STEP, strip.frames)
    if first < last:
        content, pitch = strip.window(first, last), strip.pitch_window(first, last)
        assert (len(content) - 400) // HOP + 1 == last - first
        assert len(pitch) // 160 + 1 == 2 * (last - first)
        np.testing.assert_array_equal(content[: len(pitch)], pitch)
        np.testing.assert_array_equal(content[:HOP], strip.samples[first * HOP : (first + 1) * HOP])


def test_the_context_reaches_past_an_anchor_of_the_phase() -> None:
    assert 2 * CONTEXT > ANCHOR_STEP
