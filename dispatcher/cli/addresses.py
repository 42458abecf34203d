"""Addresses where files are meant, such as s3://bucket/key: refused, because nothing is read or written there."""

import re
from pathlib import Path

from storage.errors import InputError

#: Two or three slashes are one in a Path. A single letter would be a drive.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?:/|$)")


def address_of(path: Path) -> str | None:
    """The address as it was typed, if it is one."""
    found = _ADDRESS.match(str(path))
    return found and f"{found[1]}:{'///' if found[1].lower() == 'file' else '//'}{str(path)[found.end() :]}"


def refuse_address(out: Path | None) -> None:
    """Raise for a result that should go to an address; without this a folder called `s3:` would be made."""
    if out is not None and (address := address_of(out)):
        raise InputError(
            f"{address} is an address, and results are written to files and folders of this machine only;"
            " choose a place here with -o and copy it from there"
        )


def why_unreadable(source: Path) -> str | None:
    """Why this recording cannot be read, if it is an address."""
    if address := address_of(source):
        return f"{address} is an address, and recordings are read from files only; download it and name the file"
    return None
