"""Every file layout in use is accepted, with all numbers unchanged."""

from pathlib import Path

import numpy as np
import pytest

from testing.voice_files.accepted import ACCEPTED, INDEXES, VOICES
from testing.voice_files.case import Case
from testing.voice_files.indexes import vectors
from testing.voice_files.models import random_tensors
from testing.voice_files.voices import weights_of
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.files.packing import write_package
from workers.engines.rvc.package import Package

#: Lengths and directions in half precision give a weight that differs this much from the original.
_HALF = 2e-3


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.file)
def test_a_file_of_every_known_layout_is_accepted(case: Case, tmp_path: Path) -> None:
    draft = case.run(tmp_path)
    shapes = {name: weight.shape for name, weight in draft.weights.items()}
    assert shapes == draft.sizes.tensors()
    assert all(weight.dtype == np.float32 and weight.flags.c_contiguous for weight in draft.weights.values())
    expected = weights_of(draft.sizes) if isinstance(draft.sizes, SynthesizerSizes) else random_tensors(draft.sizes)
    for name, weight in draft.weights.items():
        np.testing.assert_allclose(weight, expected[name].numpy(), rtol=1e-2, atol=_HALF, err_msg=name)


@pytest.mark.parametrize("case", [*VOICES[:2], *INDEXES[:1]], ids=lambda case: case.file)
def test_accepted_files_come_out_of_their_package_unchanged(case: Case, tmp_path: Path) -> None:
    draft = case.run(tmp_path)
    description = write_package(draft, tmp_path / "package")
    package = Package.in_folder(tmp_path / "package", draft.kind)
    assert package.description == description
    assert package.description.hash == description.hash
    weights = package.weights()
    assert weights.keys() == draft.weights.keys()
    assert all(np.array_equal(weights[name], draft.weights[name]) for name in weights)
    kept = package.vectors()
    assert (kept is None) == (draft.vectors is None)
    assert kept is None or np.array_equal(kept, vectors(9))
