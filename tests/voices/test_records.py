"""Models by name, voices by package, and which are still needed."""

import pytest

from dispatcher.voices.models import KnownModel, all_models, delete_if_unused, find_model, record_model, remove_model
from dispatcher.voices.voices import find_voice, forget_voice
from storage.errors import InputError
from tests.voices.conftest import Shelf
from workers.engines.rvc.files.door import RVC_FILES
from workers.engines.rvc.package import ENCODER, PITCH

pytestmark = pytest.mark.usefixtures("rvc")


def packages(shelf: Shelf) -> set[str]:
    return {stored.key.split("/")[1] for stored in shelf.store.list("packages/")}


def test_a_model_is_found_by_any_of_its_names(shelf: Shelf) -> None:
    model = shelf.model("contentvec", ENCODER)
    for name in ("contentvec", "hubert_base", "hubert-base", "ContentVec", " hubert "):
        found = find_model(shelf.database, name)
        assert found is not None
        assert (found.name, found.content_hash) == (model.name, model.content_hash)
    assert find_model(shelf.database, "rmvpe") is None


def test_models_are_listed_by_name(shelf: Shelf) -> None:
    shelf.model("rmvpe", PITCH)
    shelf.model("contentvec", ENCODER)
    assert [(m.name, m.kind) for m in all_models(shelf.database)] == [("contentvec", ENCODER), ("rmvpe", PITCH)]


def test_the_same_model_may_be_added_again_but_not_another_under_its_name(shelf: Shelf) -> None:
    first = KnownModel("rmvpe", PITCH, "1" * 64, {"sizes": {}})
    assert record_model(shelf.database, first)
    assert not record_model(shelf.database, first)
    with pytest.raises(InputError, match="another model 'rmvpe' already; remove the model rmvpe, or give"):
        record_model(shelf.database, KnownModel("rmvpe", PITCH, "2" * 64, {}))
    assert find_model(shelf.database, "rmvpe") == first


def test_a_missing_model_cannot_be_forgotten(one_shelf: Shelf) -> None:
    with pytest.raises(InputError, match="no model 'rmvpe'; list the models"):
        remove_model(one_shelf.database, lambda: one_shelf.store, "rmvpe")


@pytest.mark.parametrize("name", ["", "../rmvpe", "a b", "ü", "x" * 41])
def test_an_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot name a model"):
        RVC_FILES.model_name(name)


@pytest.mark.parametrize(
    ("stem", "name"),
    [("hubert_base", "contentvec"), ("rmvpe", "rmvpe"), ("chinese_hubert_base", "chinese-hubert-base")],
)
def test_a_model_is_named_after_its_file(stem: str, name: str) -> None:
    assert RVC_FILES.name_of_file(stem) == name


def test_a_file_whose_name_says_nothing_needs_a_name() -> None:
    with pytest.raises(InputError, match="does not say which model it is; say which"):
        RVC_FILES.name_of_file("pytorch_model")


def test_two_voices_share_a_package_which_goes_with_the_last_of_them(shelf: Shelf) -> None:
    anna = shelf.voice("anna")
    shelf.voice("ben", **anna.recipe)
    package = anna.recipe["package"]
    assert package in packages(shelf)
    forget_voice(shelf.database, "anna")
    assert not delete_if_unused(shelf.database, shelf.store, package)
    assert package in packages(shelf)
    forget_voice(shelf.database, "ben")
    assert delete_if_unused(shelf.database, shelf.store, package)
    assert package not in packages(shelf)


def test_a_voice_keeps_what_people_want_to_know_about_it(shelf: Shelf) -> None:
    shelf.voice("anna", defaults={"transpose": -12.0})
    voice = find_voice(shelf.database, "anna")
    assert voice.rate == 40_000
    assert voice.defaults == {"transpose": -12.0}
    assert {k: v for k, v in voice.recipe.items() if k != "package"} == {
        "rate": 40_000, "has_pitch": True, "content": 768, "embedder": "contentvec", "speakers": 3, "vectors": 7,
        "speaker_names": {"0": "Anna", "1": "Ben"}, "defaults": {"transpose": -12.0},
    }  # fmt: skip
