"""The hash that a source file is known by."""

from hashlib import file_digest
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Of the whole file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
