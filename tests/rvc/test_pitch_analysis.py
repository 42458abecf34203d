import sys
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from storage.errors import ConversionError
from workers.engines.rvc import pitch_finding as analysis
from workers.engines.rvc.pitch_finding import on_our_frames, swift_pitch, world_pitch

RATE, HOP = 16_000, 160
SECONDS = 1.5
VOICED = slice(60, 120)
"""Frames well within the part that is sung, which goes from 0.5 s to 1.3 s."""

Track = npt.NDArray[np.float64]


def sung() -> tuple[npt.NDArray[np.float32], Track]:
    """A voice with vibrato between two silences, and its true pitch in every frame."""
    times = np.arange(int(SECONDS * RATE)) / RATE
    pitch = 220.0 * 2.0 ** (0.5 * np.sin(2.0 * np.pi * 2.0 * times) / 12.0)
    turns = np.cumsum(pitch) / RATE
    voice = sum(np.sin(2.0 * np.pi * n * turns) / n for n in range(1, 10)) * ((times > 0.5) & (times < 1.3)) * 0.2
    return np.asarray(voice, np.float32), pitch[::HOP]


def cents(found: Track, true: Track) -> Track:
    return np.asarray(np.abs(1200.0 * np.log2(found / true)))


@pytest.mark.parametrize("method", ["harvest", "dio"])
def test_a_sung_note_is_found_where_it_is_sung(method: str) -> None:
    samples, true = sung()
    found = world_pitch(samples, method, 50.0, 1100.0)
    assert len(found) == len(samples) // HOP + 1
    assert cents(found[VOICED], true[VOICED]).max() < 3.0
    assert not found[:40].any()
    assert not found[140:].any()


@pytest.mark.parametrize("method", ["harvest", "dio"])
@pytest.mark.parametrize("length", [0, 1, 159, 160, 161, 1000, 3280])
def test_there_is_a_frame_for_every_hop_and_one_more(method: str, length: int) -> None:
    samples = sung()[0][10_000 : 10_000 + length]
    assert len(world_pitch(samples, method, 50.0, 1100.0)) == length // HOP + 1


@pytest.mark.parametrize("method", ["harvest", "dio"])
def test_only_the_range_asked_for_is_searched(method: str) -> None:
    found = world_pitch(sung()[0], method, 300.0, 1100.0)
    assert ((found == 0.0) | (found >= 300.0)).all()


@pytest.mark.parametrize("method", ["harvest", "dio"])
def test_silence_has_no_pitch(method: str) -> None:
    assert not world_pitch(np.zeros(8_000, np.float32), method, 50.0, 1100.0).any()


def test_a_worker_without_the_package_says_which_and_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "workers.engines.vocoder", None)
    with pytest.raises(ConversionError, match=r"harvest needs the package pyworld.*or choose the pitch method rmvpe"):
        world_pitch(np.zeros(100, np.float32), "harvest", 50.0, 1100.0)
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    analysis._swift.cache_clear()
    with pytest.raises(ConversionError, match=r"needs the package swift-f0.*or choose another pitch method"):
        swift_pitch(np.zeros(100, np.float32), 50.0, 1100.0)


def test_a_sung_note_is_found_by_swift_f0_wherever_the_piece_begins() -> None:
    pytest.importorskip("swift_f0", reason="the optional package swift-f0 is not installed")
    samples, true = sung()
    found = swift_pitch(samples, 50.0, 1100.0)
    assert len(found) == len(samples) // HOP + 1
    assert cents(found[VOICED], true[VOICED]).max() < 15.0
    later = swift_pitch(samples[10 * HOP :], 50.0, 1100.0, first=10 * HOP)
    np.testing.assert_allclose(later[30:], found[40:], rtol=1e-4)
    assert swift_pitch(samples[:0], 50.0, 1100.0).tolist() == [0.0]


carried = partial(on_our_frames, frames=7)


def test_a_pitch_on_another_grid_is_carried_over_in_cents() -> None:
    places = 256.0 * np.arange(5.0)
    found = carried(places, 100.0 * np.exp2(places / 960.0))
    np.testing.assert_allclose(found, 100.0 * np.exp2(np.arange(7.0) / 6.0))


def test_an_edge_of_voicing_takes_the_voiced_neighbours_pitch_and_never_a_pitch_in_between() -> None:
    places = 256.0 * np.arange(5.0)
    found = carried(places, np.array([0.0, 200.0, 200.0, 0.0, 0.0]))
    assert found.tolist() == pytest.approx([0.0, 200.0, 200.0, 200.0, 0.0, 0.0, 0.0])


@given(
    arrays.arrays(np.float64, st.integers(1, 20), elements=st.just(0.0) | st.floats(50.0, 1000.0)),
    st.integers(0, 255),
    st.integers(1, 60),
)
def test_a_pitch_carried_over_lies_within_the_pitches_found(pitch: Track, skipped: int, frames: int) -> None:
    found = on_our_frames(256.0 * np.arange(float(len(pitch))) - skipped, pitch, frames)
    assert found.shape == (frames,)
    voiced = found[found > 0.0]
    assert len(voiced) == 0 or (voiced.min() > pitch[pitch > 0.0].min() - 1e-6 and voiced.max() < pitch.max() + 1e-6)
