"""Packages in the object store are either complete or invisible."""

from pathlib import Path

import pytest

from dispatcher.voices.packages import delete_package, store_package
from storage import keys
from storage.errors import ObjectStoreError
from storage.objects.folder import FolderStore
from tests.packages.making import make_package
from tests.voices.conftest import Shelf
from workers.engines.package import VOICE
from workers.engines.rvc.files.door import packed_of
from workers.engines.rvc.package import ENCODER, RETRIEVAL, WEIGHTS


class BreaksOff(FolderStore):
    """A store that accepts this many files and then fails."""

    def __init__(self, root: Path, takes: int) -> None:
        super().__init__(root)
        self.takes = takes
        self.taken: list[str] = []

    def put_file(self, key: str, path: Path) -> None:
        self._count(key)
        super().put_file(key, path)

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:
        self._count(key)
        super().put(key, data, lasting=lasting)

    def _count(self, key: str) -> None:
        if len(self.taken) >= self.takes:
            raise ObjectStoreError("the store is full")
        self.taken.append(key.rpartition("/")[2])


def there(store: FolderStore) -> set[str]:
    return {stored.key.rpartition("/")[2] for stored in store.list("packages/")}


def test_a_package_is_stored_with_its_description_last(tmp_path: Path) -> None:
    description = make_package(tmp_path / "made")
    store = BreaksOff(tmp_path / "store", takes=3)
    store_package(store, tmp_path / "made", packed_of(description, {}))
    assert store.taken == [WEIGHTS, RETRIEVAL, "voice.json"]
    assert store.get(keys.package_key(description.hash, "voice.json")) == description.to_bytes()


@pytest.mark.parametrize("takes", [0, 1, 2])
def test_an_unfinished_package_is_invisible_and_can_be_resumed(tmp_path: Path, takes: int) -> None:
    description = make_package(tmp_path / "made")
    with pytest.raises(ObjectStoreError):
        store_package(BreaksOff(tmp_path / "store", takes), tmp_path / "made", packed_of(description, {}))
    again = BreaksOff(tmp_path / "store", takes=3 - takes)
    assert "voice.json" not in there(again)
    store_package(again, tmp_path / "made", packed_of(description, {}))
    assert there(again) == {WEIGHTS, RETRIEVAL, "voice.json"}


def test_a_file_already_stored_is_not_sent_again(tmp_path: Path) -> None:
    description = make_package(tmp_path / "made")
    store_package(FolderStore(tmp_path / "store"), tmp_path / "made", packed_of(description, {}))
    store_package(BreaksOff(tmp_path / "store", takes=0), tmp_path / "made", packed_of(description, {}))


def test_a_file_of_another_size_is_replaced(tmp_path: Path) -> None:
    description = make_package(tmp_path / "made")
    store = FolderStore(tmp_path / "store")
    store_package(store, tmp_path / "made", packed_of(description, {}))
    store.put(keys.package_key(description.hash, WEIGHTS), b"cut short")
    store_package(store, tmp_path / "made", packed_of(description, {}))
    assert store.get(keys.package_key(description.hash, WEIGHTS)) == (tmp_path / "made" / WEIGHTS).read_bytes()


@pytest.mark.parametrize("kind", [VOICE, ENCODER])
def test_deleting_a_package_removes_all_its_files_and_no_others(shelf: Shelf, kind: str) -> None:
    gone, stays = shelf.package(kind), shelf.package(kind)
    delete_package(shelf.store, gone.hash)
    assert {stored.key.split("/")[1] for stored in shelf.store.list("packages/")} == {stays.hash}
