"""A submitted job with an RVC voice names exact models, and has settings in the engine's terms."""

from typing import Any

import pytest

from dispatcher.jobs.checking import CheckedRequest, check_request
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.voices.models import refuse_if_in_use
from dispatcher.voices.voices import add_voice
from storage.errors import InputError
from storage.settings import Settings
from testing.quiet import quiet_turns
from testing.sounds import tone
from tests.packages.making import narrow
from tests.voices.conftest import Shelf
from workers.engines.rvc.package import ENCODER, PITCH

pytestmark = pytest.mark.usefixtures("rvc")


def checked(shelf: Shelf, voice: str = "anna", **settings: Any) -> CheckedRequest:
    return check_request(shelf.database, shelf.settings, Request(voice, settings))


def with_models(shelf: Shelf) -> None:
    shelf.model("contentvec", ENCODER)
    shelf.model("rmvpe", PITCH)


def test_a_jobs_recipe_names_its_models_by_hash(shelf: Shelf) -> None:
    voice = shelf.voice()
    encoder, pitch = shelf.model("contentvec", ENCODER), shelf.model("rmvpe", PITCH)
    recipe = checked(shelf).recipe
    assert recipe["package"] == voice.recipe["package"]
    assert recipe["encoder"] == encoder.content_hash
    assert recipe["pitch_model"] == pitch.content_hash
    assert "pitch_model" not in checked(shelf, pitch_method="harvest").recipe


@pytest.mark.parametrize(
    ("there", "missing"), [("", "content encoder contentvec"), ("contentvec", "pitch model rmvpe")]
)
def test_a_missing_model_is_reported_before_anything_is_stored(one_shelf: Shelf, there: str, missing: str) -> None:
    one_shelf.voice()
    if there:
        one_shelf.model(there, ENCODER)
    with pytest.raises(InputError) as refused:
        checked(one_shelf)
    name = missing.rsplit(maxsplit=1)[-1]
    assert str(refused.value) == (
        f"the voice 'anna' needs the {missing}, which this farm does not have; pull the model {name},"
        f" or add a file of the model {name}"
    )
    assert not list(one_shelf.store.list("sources/"))


def test_a_model_that_cannot_be_pulled_must_be_added(one_shelf: Shelf) -> None:
    one_shelf.voice(embedder="spin-v2")
    with pytest.raises(InputError, match="does not have; add a file of the model spin-v2"):
        checked(one_shelf)


def test_a_model_under_the_wrong_name_is_noticed(one_shelf: Shelf) -> None:
    one_shelf.voice()
    one_shelf.model("contentvec", PITCH)
    with pytest.raises(InputError, match=r"another kind of model; .*; remove the model contentvec"):
        checked(one_shelf)


def test_an_encoder_without_the_projection_is_refused_where_it_is_needed(one_shelf: Shelf) -> None:
    with_projection = one_shelf.package(ENCODER)
    one_shelf.model("contentvec", ENCODER, narrow(with_projection))
    one_shelf.model("rmvpe", PITCH)
    one_shelf.voice("second", content=768)
    one_shelf.voice("first", content=256)
    assert checked(one_shelf, "second").recipe["content"] == 768
    with pytest.raises(InputError, match="features 256 wide, which the content encoder contentvec does not give"):
        checked(one_shelf, "first")


def test_inaudible_details_do_not_make_a_different_job(shelf: Shelf) -> None:
    with_models(shelf)
    voice = shelf.voice("anna")
    shelf.voice("ben", **{**voice.recipe, "speaker_names": {"0": "Ben"}, "vectors": 8, "defaults": {"transpose": -3}})
    anna, ben = checked(shelf, "anna", transpose=-3), checked(shelf, "ben")
    assert anna.recipe == ben.recipe
    assert anna.settings == ben.settings
    assert anna.settings["transpose"] == -3.0
    assert not anna.recipe.keys() & {"speaker_names", "vectors", "defaults"}


def test_a_job_may_override_the_voices_own_settings(one_shelf: Shelf) -> None:
    with_models(one_shelf)
    one_shelf.voice(defaults={"transpose": -12.0, "protect": 0.5})
    settings = checked(one_shelf, pitch=5).settings
    assert settings["transpose"] == 5.0
    assert settings["protect"] == 0.5


def test_pitch_goes_by_the_same_name_on_every_engine(one_shelf: Shelf) -> None:
    with_models(one_shelf)
    one_shelf.voice()
    assert checked(one_shelf, pitch=-2.5).settings["transpose"] == -2.5
    assert checked(one_shelf, "bright", pitch=-2.5).settings["pitch"] == -2.5
    with pytest.raises(InputError, match="pitch is given twice"):
        checked(one_shelf, pitch=1, transpose=2)


@pytest.mark.parametrize(("speaker", "number"), [(0, 0), (2, 2), ("Ben", 1)])
def test_a_speaker_can_be_given_by_number_or_name(one_shelf: Shelf, speaker: object, number: int) -> None:
    with_models(one_shelf)
    one_shelf.voice()
    assert checked(one_shelf, speaker=speaker).settings["speaker"] == number


@pytest.mark.parametrize("speaker", [3, -1, "Carol", 1.5, True])
def test_a_speaker_the_voice_does_not_have_is_refused(one_shelf: Shelf, speaker: object) -> None:
    with_models(one_shelf)
    one_shelf.voice()
    with pytest.raises(InputError, match=r"no speaker .*; its speakers are 0 to 2 \(0 Anna, 1 Ben\)"):
        checked(one_shelf, speaker=speaker)


@pytest.mark.parametrize(("voice", "setting"), [("anna", {"breath": 0.5}), ("bright", {"index_rate": 0.5})])
def test_a_setting_that_the_engine_does_not_know_is_refused(
    one_shelf: Shelf, voice: str, setting: dict[str, float]
) -> None:
    with_models(one_shelf)
    one_shelf.voice()
    with pytest.raises(InputError, match=f"there is no field '{next(iter(setting))}'; the fields are"):
        checked(one_shelf, voice, **setting)


def test_any_voice_can_have_its_own_settings(one_shelf: Shelf) -> None:
    add_voice(one_shelf.database, "low", "world", {"pitch_semitones": -3.0, "defaults": {"breath": 0.25}})
    conversion = checked(one_shelf, "low")
    assert conversion.settings["breath"] == 0.25
    assert "defaults" not in conversion.recipe


def test_a_package_is_in_use_until_its_jobs_are_over(shelf: Shelf, tmp_path: Any) -> None:
    import soundfile

    with_models(shelf)
    shelf.voice()
    soundfile.write(tmp_path / "talk.wav", tone(16_000, 16_000), 16_000)
    conversion = checked(shelf)
    job = submit(quiet_turns(shelf.database, Settings()), shelf.store, tmp_path / "talk.wav", conversion)
    for field in ("package", "encoder", "pitch_model"):
        with pytest.raises(InputError, match=f"is needed by job {job}; wait until it is over"):
            refuse_if_in_use(shelf.database, str(conversion.recipe[field]), "it")
    refuse_if_in_use(shelf.database, "0" * 64, "it")
