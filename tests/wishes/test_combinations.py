"""An audition has every combination of voices and settings, and a page on which they are heard."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dispatcher.reports.contact_sheet import Take, contact_sheet
from dispatcher.wishes.combinations import Combination, combinations, moment_in
from storage.audio.stretch import cut_stretch
from storage.errors import InputError


def test_voices_and_settings_are_combined_voice_by_voice() -> None:
    found = combinations(["anna,bob", "anna"], {"pitch": [-12, 0], "index_rate": [0.5]})
    assert [(one.voice, dict(one.settings)) for one in found] == [
        (voice, {"pitch": pitch, "index_rate": 0.5}) for voice in ("anna", "bob") for pitch in (-12, 0)
    ]
    assert found[0].label == "anna pitch=-12 index_rate=0.5"
    assert Combination("a/b", {"method": "../x"}).label == "a_b method=.._x"


def test_more_than_anybody_hears_is_refused() -> None:
    with pytest.raises(InputError, match="these are 202 combinations"):
        combinations(["a", "b"], {"pitch": list(range(101))})


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1:30", 90), ("0:01:30.5", 90.5), ("7:00", 420)])
def test_a_moment_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert moment_in(text) == seconds


@pytest.mark.parametrize("text", ["", "1m", "-3", "1:2:3:4", "nan"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no moment of a recording"):
        moment_in(text)


def test_a_stretch_is_cut_to_the_sample_with_all_channels(tmp_path: Path) -> None:
    samples = np.linspace(-0.5, 0.5, 2 * 40_000).reshape(-1, 2)
    soundfile.write(tmp_path / "talk.flac", samples, 8000, "PCM_24")
    assert cut_stretch(tmp_path / "talk.flac", 1.25, 2.0, tmp_path / "stretch.wav") == 2.0
    found, rate = soundfile.read(tmp_path / "stretch.wav")
    assert rate == 8000
    np.testing.assert_allclose(found, samples[10_000:26_000], atol=2.0**-22)
    assert cut_stretch(tmp_path / "talk.flac", 4.5, 2.0, tmp_path / "rest.wav") == 0.5
    with pytest.raises(InputError, match=r"ends at 5\.0 s, before the stretch"):
        cut_stretch(tmp_path / "talk.flac", 9.0, 2.0, tmp_path / "none.wav")


def test_names_on_the_page_are_only_text(tmp_path: Path) -> None:
    wicked = '<script>alert("x")</script>\udcff'
    page = contact_sheet(wicked, wicked, [Take(wicked, wicked, 'a "b" #1.wav'), Take("anna", "", None, wicked)])
    assert "<script>alert" not in page
    assert page.encode().count(b"\\xff") == 8
    assert 'src="a%20%22b%22%20%231.wav"' in page
