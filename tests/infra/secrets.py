"""A copy of infra/, with all passwords made by its own script."""

import shutil
from pathlib import Path
from subprocess import CompletedProcess

from tests.infra.places import INFRA
from tests.infra.tools import run


def fresh_copy(folder: Path) -> Path:
    """infra/ as checked out, without anyone's real passwords."""
    own = shutil.ignore_patterns("secrets", ".env", "__pycache__")
    return Path(shutil.copytree(INFRA, folder / "infra", ignore=own))


def make(infra: Path, *arguments: str) -> "CompletedProcess[str]":
    """Run secrets.sh in such a copy."""
    return run(["sh", infra / "secrets.sh", *arguments])


def made(infra: Path) -> dict[str, str]:
    """The contents of the files in secrets/, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((infra / "secrets").iterdir())}
