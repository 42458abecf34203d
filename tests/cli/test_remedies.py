"""A remedy has two wordings: a plain one for everybody, and one that says what to type."""

import pytest

from dispatcher.cli.remedies import worded, worded_remedy
from storage.errors import InputError, VoicefarmError
from storage.remedies import Act, Remedy
from tests.infra.commands import fault


@pytest.mark.parametrize("act", Act)
def test_every_act_has_both_wordings_with_the_same_subject(act: Act) -> None:
    remedy = Remedy(act, "anna")
    assert ("anna" in str(remedy)) or ("{}" not in act.value)
    assert "{}" not in worded_remedy(remedy)
    assert "voicefarm" not in str(remedy)
    assert "--" not in str(remedy)


@pytest.mark.parametrize("act", Act)
def test_every_command_named_in_a_remedy_parses(act: Act) -> None:
    quoted = worded_remedy(Remedy(act, "1")).split("`")[1::2]
    assert [found for line in quoted if (found := fault(line))] == []


def test_the_remedy_ends_the_sentence() -> None:
    error = InputError("talk.wav is cut off", Remedy(Act.COPY_AGAIN), Remedy(Act.ALLOW_TRUNCATED))
    assert worded(error) == (
        "talk.wav is cut off; copy the file again, or pass --allow-truncated to convert what is there"
    )
    assert str(error) == (
        "talk.wav is cut off; copy the file again, or allow a truncated recording, to convert what is there"
    )
    assert worded(VoicefarmError("nothing helps")) == "nothing helps"
