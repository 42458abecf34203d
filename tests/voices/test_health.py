"""What `voicefarm doctor` says about models and engines."""

import pytest

from dispatcher.cli.remedies import worded_remedy
from dispatcher.local.checks import Finding, examine
from dispatcher.voices.packages import delete_package
from tests.voices.conftest import Shelf
from workers.engines import catalog
from workers.engines.rvc.package import ENCODER, PITCH

pytestmark = pytest.mark.usefixtures("rvc")


def found(shelf: Shelf, what: str) -> Finding:
    return next(finding for finding in examine(shelf.settings) if finding.what == what)


def test_a_farm_without_rvc_voices_needs_no_models_but_is_told_how_to_get_them(one_shelf: Shelf) -> None:
    models = found(one_shelf, "models")
    assert models.ok
    assert models.told(worded_remedy) == (
        "no content encoder and no pitch model, which trained voices need;"
        " get the usual ones with `voicefarm model pull`"
    )


def test_models_that_are_there_are_listed(one_shelf: Shelf) -> None:
    one_shelf.model("contentvec", ENCODER)
    assert found(one_shelf, "models").said.startswith(
        "content encoder contentvec; no pitch model, which trained voices"
    )
    one_shelf.model("rmvpe", PITCH)
    one_shelf.voice()
    assert found(one_shelf, "models") == Finding("models", True, "content encoder contentvec, pitch model rmvpe")


def test_a_voice_without_its_model_is_bad(one_shelf: Shelf) -> None:
    one_shelf.voice()
    models = found(one_shelf, "models")
    assert not models.ok
    assert models.said.startswith("the voice 'anna' needs the content encoder contentvec")


@pytest.mark.parametrize("lost", ["voice 'anna'", "model 'rmvpe'"])
def test_files_missing_from_the_store_are_bad(one_shelf: Shelf, lost: str) -> None:
    one_shelf.model("contentvec", ENCODER)
    pitch = one_shelf.model("rmvpe", PITCH)
    voice = one_shelf.voice()
    delete_package(one_shelf.store, voice.recipe["package"] if "anna" in lost else pitch.content_hash)
    models = found(one_shelf, "models")
    assert not models.ok
    assert models.said == f"the files of the {lost} are gone from the object store; remove it and add it again"


def test_it_says_what_this_machine_can_convert(one_shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(one_shelf, "engines").said == "runs rvc, through, world"
    monkeypatch.setattr(catalog.engine("rvc"), "runs_on", lambda _: False)
    engines = found(one_shelf, "engines")
    assert engines.ok
    assert engines.said == "runs through, world; not rvc, whose framework is not installed"
