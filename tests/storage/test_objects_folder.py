"""What can go wrong with a folder as an object store."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from storage.errors import NoSpace, ObjectMissing, ObjectStoreError, ObjectStoreRefused, SettingsError
from storage.objects import folder
from storage.objects.folder import UNFINISHED, FolderStore
from storage.objects.opening import open_store
from storage.settings import Settings
from testing.services.waiting import wait_until

ENDLESS_WRITER = """
import os, sys
from pathlib import Path
from storage.objects.folder import FolderStore

pipe = Path(sys.argv[1]) / "pipe"
os.mkfifo(pipe)

def write(file):
    with pipe.open("rb") as never_ends:
        file.write(b"half")
        file.flush()
        never_ends.read()

store = FolderStore(Path(sys.argv[1]) / "objects")
store._place("atoms/one", write)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


@pytest.fixture
def full_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The next object is written to a device that is always full."""

    class Name:
        hex = "next"

    place = root / UNFINISHED / "next"
    place.parent.mkdir(parents=True)
    place.symlink_to("/dev/full")
    monkeypatch.setattr(folder, "uuid4", Name)
    yield place
    assert Path("/dev/full").is_char_device(), "only the link may be removed"


def test_a_writer_killed_midway_leaves_nothing_under_the_key(tmp_path: Path, store: FolderStore, root: Path) -> None:
    store.put("atoms/two", b"whole")
    writer = subprocess.Popen([sys.executable, "-c", ENDLESS_WRITER, tmp_path], cwd=Path(__file__).parents[2])
    try:
        wait_until(lambda: any((root / UNFINISHED).iterdir()), 20, "the writer to be in the middle of its object")
        assert store.find("atoms/one") is None
        assert [stored.key for stored in store.list("")] == ["atoms/two"], "what is unfinished is invisible"
    finally:
        writer.kill()
        writer.wait()
    assert store.find("atoms/one") is None
    with pytest.raises(ObjectMissing):
        store.get("atoms/one")
    store.put("atoms/one", b"whole")
    assert store.get("atoms/one") == b"whole"


def test_an_overwrite_that_fails_leaves_the_older_object(store: FolderStore) -> None:
    store.put("atoms/one", b"older")

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(5, "the disk gave way")

    with pytest.raises(ObjectStoreError, match="the disk gave way"):
        store._place("atoms/one", fail)
    assert store.get("atoms/one") == b"older"
    assert list((store.root / UNFINISHED).iterdir()) == []


def test_the_bytes_are_on_disk_before_the_name_is(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []

    def sync(file: int) -> None:
        assert store.find("atoms/one") is None
        (unfinished,) = (store.root / UNFINISHED).iterdir()
        assert os.fstat(file).st_ino == unfinished.stat().st_ino
        synced.append(unfinished.read_bytes())

    monkeypatch.setattr(os, "fsync", sync)
    store.put("atoms/one", b"whole")
    assert synced == [b"whole"]


def test_what_can_be_made_again_is_not_waited_for(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("it waited for the disk"))
    store.put("atoms/one", b"whole", lasting=False)
    assert store.get("atoms/one") == b"whole"


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
@pytest.mark.parametrize("refusal", [None, errno.EXDEV, errno.ENOSYS])
def test_a_file_is_stored_whole_whether_or_not_the_kernel_copies_it(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, refusal: int | None
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(refusal, "not here")

    if refusal:
        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    (tmp_path / "file").write_bytes(os.urandom(size))
    store.put_file("sources/one", tmp_path / "file")
    assert store.get("sources/one") == (tmp_path / "file").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are not asked to copy")
def test_a_copy_that_breaks_off_is_told_and_leaves_nothing(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = iter([5])

    def fail_later(*_: object) -> int:
        for some in copied:
            return some
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "copy_file_range", fail_later, raising=False)
    (tmp_path / "file").write_bytes(b"a whole file")
    with pytest.raises(ObjectStoreError, match="Input/output error"):
        store.put_file("sources/one", tmp_path / "file")
    assert store.find("sources/one") is None


def test_a_reader_keeps_reading_the_object_it_opened(store: FolderStore) -> None:
    store.put("atoms/one", b"older")
    with store.open("atoms/one") as file:
        store.put("atoms/one", b"newer")
        assert file.read() == b"older"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full exists only on Linux")
@pytest.mark.parametrize("size", [100, 3_000_000])
def test_a_full_disk_is_reported_as_such(store: FolderStore, full_disk: Path, tmp_path: Path, size: int) -> None:
    source = tmp_path / "file"
    source.write_bytes(bytes(size))
    with pytest.raises(NoSpace, match=r"the disk that holds .* is full; free some space"):
        store.put("atoms/one", bytes(size))
    assert not full_disk.is_symlink(), "nothing is left behind"
    full_disk.symlink_to("/dev/full")
    with pytest.raises(NoSpace):
        store.put_file("atoms/one", source)
    assert list(store.list("")) == []


def test_an_unusable_folder_is_reported_by_name(root: Path, store: FolderStore) -> None:
    root.write_bytes(b"a file stands where the folder should be")
    with pytest.raises(ObjectStoreError, match=f"the object folder {root} cannot be used: .*; check its owner"):
        store.put("atoms/one", b"x")


def test_any_other_refusal_by_the_system_is_reported_too(root: Path, store: FolderStore) -> None:
    root.mkdir()
    # Taking rights away would not work: root has them all.
    (root / "atoms").symlink_to("atoms")
    for action in (store.get, store.open, store.find, store.delete):
        with pytest.raises(ObjectStoreError, match="Too many levels of symbolic links; check its owner and rights"):
            action("atoms/one")


@pytest.mark.parametrize(
    "url", ["objects", "/srv/objects", "file://", "file://objects/here", "s3://", "s3:///prefix", "http://host/bucket"]
)
def test_a_url_that_names_no_store_is_refused(build_settings: Callable[..., Settings], url: str) -> None:
    with pytest.raises(SettingsError, match="it must be s3://bucket/prefix or file:///folder"):
        open_store(build_settings(objects_url=url))


def test_a_file_url_may_be_written_with_percent_signs(build_settings: Callable[..., Settings]) -> None:
    store = open_store(build_settings(objects_url="file:///srv/our%20objects"))
    assert isinstance(store, FolderStore)
    assert store.root == Path("/srv/our objects")


NO_FILES = """
import os, socket, sys
from pathlib import Path
from storage.errors import ObjectMissing
from storage.objects.folder import FolderStore

store = FolderStore(Path(sys.argv[1]))
(store.root / "atoms" / "folder").mkdir(parents=True)
os.mkfifo(store.root / "atoms" / "pipe")
(store.root / "atoms" / "device").symlink_to("/dev/zero")
os.chdir(store.root / "atoms")
listener = socket.socket(socket.AF_UNIX)
listener.bind("socket")
for name in ("folder", "pipe", "device", "socket"):
    assert store.find(f"atoms/{name}") is None
    for read in (store.get, store.open):
        try:
            read(f"atoms/{name}")
        except ObjectMissing as error:
            print(error)
assert list(store.list("")) == []
store.put("atoms/pipe", b"x")
assert store.get("atoms/pipe") == b"x"
"""


def test_only_files_count_as_objects_and_nothing_else_blocks_a_reader(root: Path) -> None:
    """In a separate process, which can be abandoned."""
    done = subprocess.run(
        [sys.executable, "-c", NO_FILES, root],
        check=False, capture_output=True, text=True, timeout=20, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("is not in") == 8


@pytest.mark.parametrize("kind", ["pipe", "file", "device"])
def test_every_operation_reports_something_else_in_the_folders_place(root: Path, store: FolderStore, kind: str) -> None:
    match kind:
        case "pipe":
            os.mkfifo(root)
        case "file":
            root.write_bytes(b"")
        case _:
            root.symlink_to("/dev/zero")
    for action in (store.get, store.open, store.find, store.delete):
        with pytest.raises(ObjectStoreRefused, match=f"the object folder {root} is not a folder; move away"):
            action("atoms/one")
    for prefix in ("", "atoms/"):
        with pytest.raises(ObjectStoreRefused, match="is not a folder"):
            list(store.list(prefix))
    with pytest.raises(ObjectStoreError, match="cannot be used"):
        store.put("atoms/one", b"x")


def test_an_unreadable_folder_is_not_taken_for_an_empty_one(root: Path, store: FolderStore) -> None:
    root.mkdir()
    (root / "atoms").symlink_to("atoms")
    with pytest.raises(ObjectStoreError, match="Too many levels of symbolic links"):
        list(store.list("atoms/"))


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="/sys exists only on Linux")
def test_a_read_only_folder_is_reported(tmp_path: Path) -> None:
    """Not even root may create a file there."""
    store, source = FolderStore(Path("/sys/kernel")), tmp_path / "file"
    source.write_bytes(b"x")
    sentence = r"the object folder /sys/kernel cannot be used: (Operation not permitted|Read-only|Permission).*; check"
    for action in (partial(store.put, "atoms/one", b"x"), partial(store.put_file, "atoms/one", source)):
        with pytest.raises(ObjectStoreError, match=sentence) as told:
            action()
        assert not isinstance(told.value, ObjectStoreRefused), "a disk that was mounted read-only may come back"


def test_files_that_are_not_objects_are_not_listed(root: Path, store: FolderStore) -> None:
    store.put("atoms/one", b"x")
    for name in (b".DS_Store", b".nfs0001", b"no text \xff"):
        (root / "atoms" / os.fsdecode(name)).write_bytes(b"")
    (root / "atoms" / ".hidden").mkdir()
    (root / "atoms" / ".hidden" / "two").write_bytes(b"")
    assert [stored.key for stored in store.list("")] == ["atoms/one"]
