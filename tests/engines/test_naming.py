"""People have one name and one unit for a thing, whatever an engine stores; what was understood before still is."""

from typing import Any

import pytest

from storage.errors import InputError
from storage.keys import digest
from workers.engines import catalog
from workers.engines.naming import ratio_of, semitones_of

#: Of settings as they were stored before they had common names.
RVC_DIGEST = "429b310cd1ceba31a5f8bbec016d18a58d1abb57b64b1cb80d0544634e28cc02"
WORLD, RVC = catalog.engine("world"), catalog.engine("rvc")


@pytest.mark.parametrize("engine", [WORLD, RVC], ids=["world", "rvc"])
def test_pitch_and_formants_are_called_alike_and_counted_in_semitones(engine: Any) -> None:
    names = {setting.common_name: setting for setting in engine.settings}
    for name in ("pitch", "formant_shift"):
        assert next(iter(names[name].names.values())) == "semitones"


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ({"pitch": 3}, {"pitch": 3}),
        ({"transpose": 3}, {"pitch": 3}),
        ({"pitch_semitones": 3}, {"pitch": 3}),
        ({"formant_shift": 12}, {"formant": 2.0}),
        ({"formant_shift": -12}, {"formant": 0.5}),
        ({"formant_ratio": 1.12}, {"formant": 1.12}),
        ({"formant": 1.12}, {"formant": 1.12}),
        ({"echo": 1}, {"echo": 1}),
    ],
)
def test_a_built_in_voice_understands_all_names(asked: dict[str, Any], own: dict[str, Any]) -> None:
    assert WORLD.in_own_words({}, asked) == own


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ({"pitch": 3}, {"transpose": 3}),
        ({"transpose": 3}, {"transpose": 3}),
        ({"pitch_semitones": 3}, {"transpose": 3}),
        ({"formant_shift": 2}, {"formant": 2}),
        ({"formant": 2}, {"formant": 2}),
        ({"formant_ratio": 2}, {"formant": 12.0}),
    ],
)
def test_a_trained_voice_understands_all_names(asked: dict[str, Any], own: dict[str, Any]) -> None:
    assert RVC.in_own_words({}, asked) == own


def test_recipes_are_changed_and_told_under_the_same_names() -> None:
    deep = WORLD.built_in_voices()["deep"]
    changed = WORLD.checked_recipe(WORLD.changed_recipe(deep, {"pitch": 3, "formant_shift": 12}))
    assert (changed["pitch_semitones"], changed["formant_ratio"]) == (3.0, 2.0)
    assert WORLD.checked_recipe(WORLD.changed_recipe(deep, {"pitch_semitones": 3, "formant_ratio": 2})) == changed
    assert WORLD.told_recipe(changed) == {
        "pitch": 3.0, "pitch_centre_hz": 200.0, "pitch_spread": 1.0, "formant_shift": 12.0, "breath": 0.0
    }  # fmt: skip


def test_settings_are_told_in_common_words_and_can_be_asked_for_again() -> None:
    for engine in (WORLD, RVC):
        own = engine.checked_settings(engine.in_own_words({}, {"pitch": -2.5, "formant_shift": 3.25}))
        told = engine.in_common_words(own)
        assert (told["pitch"], told["formant_shift"]) == (-2.5, 3.25)
        assert engine.checked_settings(engine.in_own_words({}, told)) == own
    assert catalog.in_common_words("no more", {"transpose": 1}) == {"transpose": 1}


def test_what_is_wrong_is_said_in_the_unit_that_it_was_given_in() -> None:
    with pytest.raises(InputError, match="formant_shift is 13, but must be between -12 and 12"):
        WORLD.in_own_words({}, {"formant_shift": 13})
    with pytest.raises(InputError, match=r"formant_ratio is 2\.5, but must be between 0.5 and 2"):
        RVC.in_own_words({}, {"formant_ratio": 2.5})
    with pytest.raises(InputError, match="formant_shift must be a number, not 'much'"):
        WORLD.in_own_words({}, {"formant_shift": "much"})
    with pytest.raises(InputError, match="pitch is given twice"):
        WORLD.in_own_words({}, {"transpose": 1, "pitch_semitones": 1})


def test_what_determined_the_keys_of_results_still_does() -> None:
    """Stored as they were; whoever changes these digests makes every result be computed again."""
    bright = WORLD.built_in_voices()["bright"]
    assert bright == {
        "pitch_semitones": 4.0, "pitch_centre_hz": 200.0, "pitch_spread": 1.0, "formant_ratio": 1.12, "breath": 0.0
    }  # fmt: skip
    assert WORLD.checked_settings({"pitch": 1}) == {"pitch": 1.0, "formant": 1.0, "breath": 0.0, "seed": 0}
    assert digest(RVC.checked_settings({"transpose": 1, "formant": 2})) == RVC_DIGEST


def test_a_ratio_and_its_semitones_are_one_thing() -> None:
    assert (ratio_of(12), ratio_of(0), semitones_of(0.5)) == (2.0, 1.0, -12.0)
    assert semitones_of(ratio_of(3.7)) == pytest.approx(3.7)
