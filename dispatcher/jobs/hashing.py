"""The hash that a recording is known by."""

from hashlib import file_digest
from pathlib import Path


def hash_file(path: Path) -> str:
    """SHA-256 of all that is in the file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
