import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InputError
from workers.engines.rvc.settings import RvcSettings
from workers.engines.setting import Form, declared

RANGES = {s.name: s.limits for s in declared(RvcSettings) if s.form is Form.NUMBER}
CHOICES = {s.name: s.choices for s in declared(RvcSettings) if s.form is Form.CHOICE}


@st.composite
def settings(draw: st.DrawFn) -> dict[str, Any]:
    numbers = {
        name: st.floats(*limits) | st.integers(int(limits[0]), int(limits[1])) for name, limits in RANGES.items()
    }
    numbers |= {
        "pitch_low": st.floats(30.0, 900.0),
        "pitch_high": st.floats(1000.0, 2000.0),
        "protect": st.floats(0.0, 0.5),
    }
    words = {name: st.sampled_from(choices) for name, choices in CHOICES.items()}
    whole = {"speaker": st.integers(0, 200), "seed": st.integers(0, 2**64 - 1)}
    return draw(st.fixed_dictionaries({}, optional={**numbers, **words, **whole}))


@given(settings())
def test_given_settings_are_kept_and_survive_json(given_settings: dict[str, Any]) -> None:
    read = RvcSettings.from_json(given_settings)
    stored = asdict(read)
    assert {name: stored[name] for name in given_settings} == given_settings
    assert RvcSettings.from_json(json.loads(json.dumps(stored))) == read


def test_defaults_are_what_shared_voices_are_tuned_for() -> None:
    assert asdict(RvcSettings.from_json({})) == {
        "transpose": 0.0,
        "pitch_method": "rmvpe",
        "pitch_low": 50.0,
        "pitch_high": 1100.0,
        "autotune": 0.0,
        "autotune_key": "C",
        "autotune_scale": "chromatic",
        "formant": 0.0,
        "index_rate": 0.75,
        "protect": 0.33,
        "loudness_mix": 1.0,
        "unvoiced": "zero",
        "speaker": 0,
        "seed": 0,
        "pauses": "converted",
        "precision": "auto",
        "quality": "balanced",
    }


@pytest.mark.parametrize(
    ("asked", "precision", "pauses"),
    [
        ({"quality": "fast"}, "auto", "silent"),
        ({"quality": "balanced"}, "auto", "converted"),
        ({"quality": "quality"}, "fp32", "converted"),
        ({"quality": "quality", "precision": "bf16"}, "bf16", "converted"),
        ({"quality": "quality", "pauses": "silent"}, "fp32", "silent"),
        ({"quality": "fast", "precision": "fp32"}, "fp32", "silent"),
        ({"quality": "fast", "pauses": "converted"}, "auto", "converted"),
    ],
)
def test_a_quality_decides_what_the_job_leaves_open(asked: dict[str, str], precision: str, pauses: str) -> None:
    settings = RvcSettings.from_json(asked)
    assert (settings.precision, settings.pauses) == (precision, pauses)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"pitch": 2}, "there is no field 'pitch'; the fields are autotune, "),
        ({"transpose": 48.5}, "pitch is 48.5, but must be between -48 and 48"),
        ({"transpose": "2"}, "pitch must be a number, not '2'"),
        ({"formant": True}, "formant_shift must be a number, not True"),
        ({"protect": 0.51}, "protect is 0.51, but must be between 0 and 0.5"),
        ({"index_rate": float("nan")}, "index_rate must be a number, not nan"),
        ({"loudness_mix": -0.1}, "loudness_mix is -0.1"),
        ({"autotune": 2}, "autotune is 2, but must be between 0 and 1"),
        ({"autotune_key": "H"}, "autotune_key must be one of C, C#, D, "),
        ({"autotune_scale": ["major"]}, "autotune_scale must be one of chromatic, major, minor"),
        ({"pitch_method": "crepe"}, "pitch_method must be one of rmvpe, harvest, dio, swift-f0, not 'crepe'"),
        ({"unvoiced": None}, "unvoiced must be one of zero, interpolate, not None"),
        ({"precision": "int8"}, "precision must be one of auto, fp32, bf16, fp16"),
        ({"quality": "best"}, "quality must be one of fast, balanced, quality"),
        ({"speaker": -1}, "speaker must be a whole number from 0"),
        ({"speaker": 1.0}, "speaker must be a whole number from 0"),
        ({"speaker": True}, "speaker must be a whole number from 0"),
        ({"seed": 2**64}, r"seed must be a whole number from 0 to 2\^64 - 1"),
        ({"pitch_low": 300, "pitch_high": 300}, "pitch_low is 300 Hz and pitch_high 300 Hz"),
        ({"pitch_low": 1200}, "make pitch_low the smaller one"),
        ({"pitch_high": 2500}, "pitch_high is 2500, but must be between 30 and 2000"),
    ],
)
def test_senseless_settings_are_refused_with_a_sentence(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        RvcSettings.from_json(asked)


def test_twelve_semitones_of_formants_are_a_factor_of_two() -> None:
    assert RvcSettings(formant=12.0).formant_ratio == 2.0
    assert RvcSettings(formant=-12.0).formant_ratio == 0.5
