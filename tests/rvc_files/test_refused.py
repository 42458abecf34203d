"""Every unusable file is refused with its own sentence, and no file's code is run."""

from pathlib import Path

import pytest

from storage.errors import InputError
from testing.voice_files.case import Case
from testing.voice_files.refused import HOSTILE, MARKER, REFUSED


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.file)
def test_a_file_that_cannot_be_used_is_refused_by_name_and_reason(case: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        case.run(tmp_path)
    sentence = str(refusal.value)
    assert sentence.startswith(case.file)
    assert case.says in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.file)
def test_a_file_that_would_run_code_leaves_no_trace(case: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing was run"):
        case.run(tmp_path)
    assert not (tmp_path / MARKER).exists()


def test_the_hostile_files_really_would_have_run_code(tmp_path: Path) -> None:
    import torch

    case = next(case for case in HOSTILE if case.file == "system.pth")
    case.write(tmp_path / case.file)
    torch.load(tmp_path / case.file, weights_only=False)
    assert (tmp_path / MARKER).exists()
