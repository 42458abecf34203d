"""Every refusal of a file is one sentence that begins with the file's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import InputError


@contextmanager
def refusals_name(path: Path) -> Iterator[None]:
    """Whatever is refused in here is refused by the name of this file."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path.name} is refused: {error}") from error
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise InputError(f"{path.name} cannot be read ({why}); check the path and its permissions") from error
