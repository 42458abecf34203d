"""Opens a torch file of either form."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from dispatcher.intake.archive import open_archive
from dispatcher.intake.legacy_archive import read_legacy
from dispatcher.intake.pickle_reader import read_pickle
from dispatcher.intake.recognition import Form
from dispatcher.intake.torch_tensor import TensorMaker
from storage.errors import InputError

Said = dict[Any, Any]


@contextmanager
def open_checkpoint(path: Path, form: Form) -> Iterator[Said]:
    """The dictionary that this torch file says; its tensors can be read inside the block."""
    if form is Form.TORCH_ZIP:
        with open_archive(path) as records:
            tensors = TensorMaker()
            said = read_pickle(BytesIO(records.pickle), tensors)
            tensors.attach(records)
            yield _dictionary(said)
    elif form is Form.TORCH_LEGACY:
        with path.open("rb") as file:
            yield _dictionary(read_legacy(file, path))
    else:
        raise InputError(f"it is a file of the form {form.value}, not one of torch; name the .pth or .pt file")


def _dictionary(said: Any) -> Said:
    if not isinstance(said, dict):
        raise InputError("it holds no dictionary of tensors, so it is no model of a known kind; name the model file")
    return said
