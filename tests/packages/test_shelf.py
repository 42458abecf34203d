"""What workers of one kind leave for each other in the object store."""

from pathlib import Path

import pytest

from storage.errors import ObjectStoreError
from storage.objects.folder import FolderStore
from workers.worker.shelf import StoreShelf


class AwayStore(FolderStore):
    """A store that does not answer."""

    def get(self, key: str) -> bytes:
        raise ObjectStoreError("the store is away")

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:
        raise ObjectStoreError("the store is away")


def test_what_one_worker_leaves_another_finds(tmp_path: Path) -> None:
    StoreShelf(FolderStore(tmp_path)).put("programs", b"first")
    StoreShelf(FolderStore(tmp_path)).put("programs", b"second")
    assert StoreShelf(FolderStore(tmp_path)).get("programs") == b"second"


def test_an_empty_shelf_is_not_an_error(tmp_path: Path) -> None:
    assert StoreShelf(FolderStore(tmp_path)).get("programs") is None


def test_a_store_that_is_away_costs_a_warm_start_but_never_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = StoreShelf(AwayStore(tmp_path))
    shelf.put("programs", b"first")
    assert shelf.get("programs") is None
    assert caplog.text.count("the store is away") == 2
