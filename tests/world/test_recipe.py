import pytest

from storage.errors import InputError
from workers.engines.world.recipe import VOICES, WorldSettings, WorldVoice


@pytest.mark.parametrize("name", sorted(VOICES))
def test_a_built_in_voice_survives_being_stored(name: str) -> None:
    assert WorldVoice.from_json(VOICES[name].to_json()) == VOICES[name]


def test_what_a_recipe_leaves_out_changes_nothing() -> None:
    assert WorldVoice.from_json({}) == VOICES["plain"]


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ({"formants": 1.0}, "no field 'formants'"),
        ({"formant_ratio": 2.5}, "formant_ratio is 2.5, but must be between 0.5 and 2"),
        ({"breath": "much"}, "breath must be a number"),
        ({"breath": True}, "breath must be a number"),
        ({"pitch_semitones": float("nan")}, "pitch must be a number"),
    ],
)
def test_a_malformed_recipe_is_refused_with_the_reason(recipe: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        WorldVoice.from_json(recipe)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"transpose": 3}, "no field 'transpose'"),
        ({"pitch": 25}, "pitch is 25"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 1 << 64}, "seed must be a whole number"),
    ],
)
def test_malformed_settings_are_refused_with_the_reason(settings: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        WorldSettings.from_json(settings)


def test_settings_are_read_as_given() -> None:
    assert WorldSettings.from_json({"pitch": -3, "seed": 7}) == WorldSettings(pitch=-3.0, seed=7)
