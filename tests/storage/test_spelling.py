"""Misspelt names get one question, about the names that are really like them."""

import pytest

from storage.remedies import Act, Remedy, advised
from storage.spelling import did_you_mean, guessed

VOICES = ["bright", "deep", "brave", "whisper"]


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("brigth", "did you mean bright?"),
        ("BRIGHT", "did you mean bright?"),
        ("brive", "did you mean brave?"),
        ("briave", "did you mean brave?"),
        ("xylophone", ""),
        ("", ""),
    ],
)
def test_the_nearest_name_is_asked_about(name: str, question: str) -> None:
    assert did_you_mean(name, VOICES) == question


def test_names_that_are_equally_near_are_all_asked_about_but_no_more_than_three() -> None:
    assert did_you_mean("studio", ["studio-b", "studio-a", "gpu"]) == "did you mean studio-a or studio-b?"
    assert did_you_mean("box", [f"box{n}" for n in range(9)]) == "did you mean box0 or box1 or box2?"
    assert did_you_mean("box", []) == ""


def test_a_prefix_that_all_names_have_does_not_make_them_alike() -> None:
    assert did_you_mean("VOICEFARM_XYZ", ["VOICEFARM_STATE"], "VOICEFARM_") == ""
    assert did_you_mean("VOICEFARM_STAET", ["VOICEFARM_STATE"], "VOICEFARM_") == "did you mean VOICEFARM_STATE?"


def test_a_sentence_that_asks_keeps_its_remedy() -> None:
    asking = guessed("there is no voice 'brigth'", "brigth", VOICES)
    assert advised(asking, [Remedy(Act.LIST_VOICES)]) == (
        "there is no voice 'brigth'; did you mean bright? list the voices there are"
    )
    assert guessed("there is no voice 'x'", "x", VOICES) == "there is no voice 'x'"
