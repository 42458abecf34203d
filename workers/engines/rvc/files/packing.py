"""Writes a draft as a package: all of it or nothing."""

import errno
import shutil
from pathlib import Path
from uuid import uuid4

from safetensors import SafetensorError
from safetensors.numpy import save_file

from storage.errors import InputError, NoSpace
from workers.engines.package import PackedFile, description_file
from workers.engines.rvc.files.draft import Draft, sha256_of
from workers.engines.rvc.package import RETRIEVAL, VECTORS, WEIGHTS, Description


def write_package(draft: Draft, folder: Path) -> Description:
    """Write the package into this folder, which must be empty or not exist yet.

    Everything is first written next to it under another name, so that the folder is either empty or complete.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty, so no package can be written there; give an empty folder")
    partial = folder.parent / f".{folder.name}.{uuid4().hex}.partial"
    try:
        partial.mkdir(parents=True)
        description = _write(draft, partial)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except (OSError, SafetensorError) as error:
        raise _told(error, folder) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return description


def _write(draft: Draft, folder: Path) -> Description:
    save_file(dict(draft.weights), folder / WEIGHTS)
    if draft.vectors is not None:
        save_file({VECTORS: draft.vectors}, folder / RETRIEVAL)
    files = {path.name: PackedFile(sha256_of(path), path.stat().st_size) for path in sorted(folder.iterdir())}
    description = Description(draft.kind, draft.sizes, draft.facts, files)
    (folder / description_file(draft.kind)).write_bytes(description.to_bytes())
    return description


def _told(error: OSError | SafetensorError, folder: Path) -> InputError | NoSpace:
    # The library reports a full disk only in words.
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
        return NoSpace(f"the disk that holds {folder} is full; free some space and try again")
    return InputError(f"the package cannot be written to {folder} ({error}); check that the folder may be written to")
