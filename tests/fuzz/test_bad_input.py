"""Each kind of bad input is refused in a sentence that says what is wrong and what to do."""

import re
from pathlib import Path

import pytest

from storage.errors import VoicefarmError
from testing.fuzz.bad_recordings import READ, RECORDINGS, BadRecording
from testing.fuzz.bad_requests import REQUESTS, BadRequest
from testing.fuzz.verdict import faults_of

BAD: list[BadRecording | BadRequest] = [*RECORDINGS, *REQUESTS]


def ids(case: BadRecording | BadRequest) -> str:
    return case.what


@pytest.mark.parametrize("case", BAD, ids=ids)
def test_bad_input_is_reported_in_a_sentence(case: BadRecording | BadRequest, tmp_path: Path) -> None:
    with pytest.raises(VoicefarmError) as refused:
        case.tell(tmp_path)
    sentence = str(refused.value)
    assert re.search(case.words, sentence)
    assert not list(faults_of(sentence))
    assert str(tmp_path) not in sentence or isinstance(case, BadRequest), "more of the path is told than was given"


@pytest.mark.parametrize("case", RECORDINGS, ids=ids)
def test_an_error_about_a_recording_says_what_to_do(case: BadRecording, tmp_path: Path) -> None:
    with pytest.raises(VoicefarmError, match="; "):
        case.tell(tmp_path)


@pytest.mark.parametrize("case", READ, ids=ids)
def test_input_that_only_looks_bad_is_read(case: BadRecording, tmp_path: Path) -> None:
    assert case.tell(tmp_path) is None


def test_no_kind_of_input_is_tried_twice() -> None:
    cases: list[BadRecording | BadRequest] = [*BAD, *READ]
    kinds = [case.what for case in cases]
    assert len(kinds) == len(set(kinds))
