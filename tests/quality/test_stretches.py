"""Of a long recording a few stretches are heard, the same however the stream comes, and faults keep their place."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.quality.hearing import Recording
from dispatcher.quality.judging import Wanted, judged_in_stretches
from dispatcher.quality.stretches import MOST, STRETCH, Chooser, stretches_of
from dispatcher.sample.recording import write_sample
from storage.audio.blocks import Frames

RATE = 100


def chosen(seconds: float, pieces: list[int]) -> Frames:
    samples = np.arange(1, round(seconds * RATE) + 1, dtype=np.float32)[:, None]
    chooser = Chooser(stretches_of(seconds), RATE)
    cuts = np.cumsum([0, *pieces])
    parts = [samples[a:b] for a, b in zip(cuts, [*cuts[1:], len(samples)], strict=True)]
    return np.concatenate([found for part in parts for found in chooser.chosen(part)])


@given(seconds=st.floats(1.0, 2_000.0), pieces=st.lists(st.integers(0, 5_000), max_size=40))
def test_how_the_stream_comes_makes_no_difference(seconds: float, pieces: list[int]) -> None:
    np.testing.assert_allclose(chosen(seconds, pieces), chosen(seconds, []), rtol=1e-6)


@given(seconds=st.floats(1.0, 100_000.0))
def test_stretches_are_inside_the_recording_in_order_and_never_more_than_two_minutes(seconds: float) -> None:
    stretches = stretches_of(seconds)
    assert stretches.seconds <= STRETCH * MOST
    assert stretches.begins[0] == 0.0
    assert stretches.begins[-1] + stretches.length == pytest.approx(seconds)
    gaps = np.diff(stretches.begins)
    assert (gaps >= stretches.length).all() if len(gaps) else True


def test_a_short_recording_is_heard_whole_and_unchanged() -> None:
    found = chosen(30.0, [])
    np.testing.assert_array_equal(found[:, 0], np.arange(1, 30 * RATE + 1))


@pytest.mark.parametrize(("heard", "place"), [(0.0, 0.0), (20.0, 845 / 7 + 5.0), (119.9, 859.9), (150.0, 890.0)])
def test_places_are_those_of_the_whole_recording(heard: float, place: float) -> None:
    assert stretches_of(860.0).place(heard) == pytest.approx(place)


def test_damage_in_a_stretch_is_found_at_its_place_and_a_good_result_is_not_blamed(tmp_path: Path) -> None:
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    write_sample(source, 300.0, rate=16_000)
    samples, rate = soundfile.read(source, dtype="float32")
    stretches = stretches_of(300.0)

    def faults(changed: Frames) -> list[tuple[str, float | None]]:
        soundfile.write(result, changed, rate, "PCM_24")
        verdict = judged_in_stretches(Recording.at(source), Recording.at(result), Wanted(0.0), stretches)
        return [(fault.kind, fault.seconds) for fault in verdict.faults]

    assert faults(samples * 0.8) == []
    silent = samples.copy()
    begin = stretches.begins[3] + 4.0
    loud = begin + float(np.argmax(np.abs(samples[round(begin * rate) :][: 3 * rate]))) / rate
    silent[round(loud * rate) : round((loud + 0.8) * rate)] = 0.0
    (gap,) = [one for one in faults(silent) if one[0] == "dropout"]
    assert gap[1] == pytest.approx(loud, abs=0.1)
