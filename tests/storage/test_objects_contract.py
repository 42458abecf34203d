"""What every object store promises, tested on a folder and on a server that speaks S3."""

import io
import os
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from storage.errors import ObjectMissing, ObjectStoreError
from storage.objects.folder import UNFINISHED, FolderStore
from storage.objects.opening import open_store
from storage.objects.s3 import S3Store
from storage.objects.store import ObjectStore
from storage.settings import Settings
from testing.services.s3 import LISTED_AT_ONCE

BIG = 17 * 1024 * 1024 + 11
"""More than one part of an upload, and not a whole number of blocks."""

OUTSIDE = [
    "", "/", "/etc/passwd", "..", "../outside", "a/../../outside", "a/..", "a//b", "a/", "./a", "a/./b",
    ".unfinished/a", "a\0b", "half a \ud83d", "no text \udcff",
]  # fmt: skip


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, build_settings: Callable[..., Settings]) -> ObjectStore:
    fields = request.getfixturevalue("s3_fields") if request.param == "s3" else {}
    return open_store(build_settings(**fields))


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return sorted(stored.key for stored in store.list(prefix))


def file_of(path: Path, size: int) -> bytes:
    content = os.urandom(1021) * (size // 1021 + 1)
    path.write_bytes(content[:size])
    return content[:size]


def test_what_is_stored_comes_back(store: ObjectStore) -> None:
    for data in (b"", b"\0", b"some bytes" * 1000):
        store.put("atoms/one.flac", data)
        assert store.get("atoms/one.flac") == data
        with store.open("atoms/one.flac") as file:
            assert file.read() == data


def test_an_object_can_be_found_with_its_size_and_time(store: ObjectStore) -> None:
    store.put("atoms/older", b"")
    store.put("atoms/one", b"12345")
    found, older = store.find("atoms/one"), store.find("atoms/older")
    assert found is not None
    assert older is not None
    assert (found.key, found.size) == ("atoms/one", 5)
    assert found.modified >= older.modified > 1.7e9


@pytest.mark.parametrize("size", [0, 1000, BIG])
def test_a_file_of_any_size_comes_back(store: ObjectStore, tmp_path: Path, size: int) -> None:
    content = file_of(tmp_path / "file", size)
    store.put_file("sources/file", tmp_path / "file")
    assert store.get("sources/file") == content
    found = store.find("sources/file")
    assert found is not None
    assert found.size == size


def test_a_big_object_can_be_read_from_anywhere(store: ObjectStore, tmp_path: Path) -> None:
    content = file_of(tmp_path / "file", BIG)
    store.put_file("sources/file", tmp_path / "file")
    with store.open("sources/file") as file:
        assert file.seekable()
        for start, length in [(BIG - 7, 100), (0, 10), (4 << 20, 3), ((4 << 20) - 2, 5 << 20), (BIG, 1), (BIG + 9, 1)]:
            assert file.seek(start) == start
            assert file.read(length) == content[start : start + length]
        assert file.seek(-3, io.SEEK_END) == BIG - 3
        assert file.read() == content[-3:]
        file.seek(100)
        assert file.seek(20, io.SEEK_CUR) == file.tell() == 120
        assert file.read(4) == content[120:124]


def test_a_stream_of_small_reads_is_the_whole_object(store: ObjectStore, tmp_path: Path) -> None:
    content = file_of(tmp_path / "file", BIG)
    store.put_file("sources/file", tmp_path / "file")
    with store.open("sources/file") as file:
        assert b"".join(iter(lambda: file.read(65_537), b"")) == content


def test_only_files_can_be_stored_and_the_store_is_not_blamed(store: ObjectStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    # A writer, so that a store that reads from the pipe does not wait for ever.
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(writer, b"x")
    for name, why in [
        ("missing", r"\(No such file"),
        ("pipe", "because it is not a file"),
        (".", "because it is not a file"),
    ]:
        with pytest.raises(ObjectStoreError, match=f"cannot be stored,? ?{why}") as told:
            store.put_file("key", tmp_path / name)
        assert not isinstance(told.value, ObjectMissing)
    os.close(writer)
    assert keys(store) == []


def test_a_later_object_replaces_the_earlier(store: ObjectStore, tmp_path: Path) -> None:
    store.put("key", b"a longer text")
    store.put("key", b"short")
    assert store.get("key") == b"short"
    (tmp_path / "file").write_bytes(b"from a file")
    store.put_file("key", tmp_path / "file")
    assert store.get("key") == b"from a file"
    assert keys(store) == ["key"]


def test_a_missing_object_is_missing_for_everybody(store: ObjectStore) -> None:
    store.put("atoms/one", b"x")
    for key in ("atoms/two", "nothing/here", "atoms", "atoms/one/more"):
        assert store.find(key) is None
        with pytest.raises(ObjectMissing, match=f"{key} is not in "):
            store.get(key)
        with pytest.raises(ObjectMissing, match=f"{key} is not in "):
            store.open(key)


def test_an_object_is_gone_once_deleted(store: ObjectStore) -> None:
    store.put("atoms/one", b"x")
    store.put("atoms/two", b"y")
    store.delete("atoms/one")
    assert store.find("atoms/one") is None
    assert keys(store) == ["atoms/two"]


def test_a_missing_object_can_be_deleted(store: ObjectStore) -> None:
    store.put("atoms/one", b"x")
    for key in ("never", "no/folder", "atoms/one/more"):
        store.delete(key)
    assert keys(store) == ["atoms/one"]


def test_listing_is_by_key_prefix(store: ObjectStore) -> None:
    for key in ("atoms/ab/1", "atoms/ab/2", "atoms/abc/1", "atoms/b/1", "top"):
        store.put(key, b"12")
    assert keys(store, "atoms/ab/") == ["atoms/ab/1", "atoms/ab/2"]
    assert keys(store, "atoms/ab") == ["atoms/ab/1", "atoms/ab/2", "atoms/abc/1"]
    assert keys(store, "a") == ["atoms/ab/1", "atoms/ab/2", "atoms/abc/1", "atoms/b/1"]
    assert keys(store, "nothing/") == keys(store, "top/") == []
    assert keys(store) == ["atoms/ab/1", "atoms/ab/2", "atoms/abc/1", "atoms/b/1", "top"]
    assert {stored.size for stored in store.list("")} == {2}


def test_more_objects_than_one_answer_holds_are_listed(store: ObjectStore) -> None:
    count = 2 * LISTED_AT_ONCE + 5
    for number in range(count):
        store.put(f"many/{number}", b"")
    assert len(keys(store, "many/")) == count


def test_any_name_can_be_a_key(store: ObjectStore) -> None:
    names = ["with space", "ümlaut/ß", "a+b&c=d?e#f%20g", "q'uote\"s", "x" * 200]
    for key in names:
        store.put(key, key.encode())
    assert [store.get(key).decode() for key in names] == names
    assert keys(store) == sorted(names)


def test_no_key_leads_out_of_the_store(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"x")
    actions: list[Callable[[str], object]] = [
        lambda key: store.put(key, b"x"),
        lambda key: store.put_file(key, source),
        store.get,
        store.open,
        store.find,
        store.delete,
    ]
    for key, action in product(OUTSIDE, actions):
        with pytest.raises(ObjectStoreError, match="is not a key") as told:
            action(key)
        assert not isinstance(told.value, ObjectMissing), key
    assert keys(store) == []


def test_no_listing_leads_out_of_the_store(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"x")
    for prefix in ("../", "/", "a/../..", "..", "a//"):
        with pytest.raises(ObjectStoreError, match="is not a key"):
            list(store.list(prefix))


def test_unfinished_uploads_are_removed_in_time(store: ObjectStore) -> None:
    store.put("results/whole", b"whole")
    _begin(store)
    store.tidy(0.0)
    assert _begun(store) == 1
    store.tidy(time.time() + 3_600.0)
    assert _begun(store) == 0
    assert store.get("results/whole") == b"whole"


def _begin(store: ObjectStore) -> None:
    """Leave an unfinished upload, as a writer killed midway does."""
    if isinstance(store, FolderStore):
        (store.root / UNFINISHED / "half").write_bytes(b"half")
    else:
        assert isinstance(store, S3Store)
        store.client.create_multipart_upload(Bucket=store.bucket, Key=store.prefix + "results/half")


def _begun(store: ObjectStore) -> int:
    if isinstance(store, FolderStore):
        return len(list((store.root / UNFINISHED).iterdir()))
    assert isinstance(store, S3Store)
    return len(store.client.list_multipart_uploads(Bucket=store.bucket).get("Uploads", []))
