"""A worker's packages are fetched once, completely or not at all, and are never other files than those meant."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from storage import keys
from storage.errors import ConversionError, ObjectStoreError
from storage.objects.folder import FolderStore
from storage.objects.store import ObjectStore
from storage.settings import Settings
from tests.packages.conftest import packages
from workers.engines.package import VOICE
from workers.engines.packages import Packages
from workers.engines.rvc.package import ENCODER, RETRIEVAL, WEIGHTS, Description, Package

Add = Callable[..., Description]

FETCH = """
import sys
from pathlib import Path
from threading import Event
from storage.objects.folder import FolderStore
from workers.engines.packages import Packages
packages = Packages(FolderStore(Path(sys.argv[1])), Path(sys.argv[2]), float("inf"), Event())
print("ready", flush=True)
sys.stdin.readline()
print(packages.folder(sys.argv[3], "voice"))
"""


class Counting(FolderStore):
    """Counts reads, and fails the first few times."""

    def __init__(self, root: Path, away: int = 0) -> None:
        super().__init__(root)
        self.away = away
        self.opened: list[str] = []

    def open(self, key: str) -> Any:
        self.opened.append(key)
        if len(self.opened) <= self.away:
            raise ObjectStoreError("the server is away")
        return super().open(key)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_package_arrives_whole_and_as_it_was_stored(store: ObjectStore, here: Path, add: Add) -> None:
    description = add(store, size=3_000_000)
    folder = packages(store, here).folder(description.hash, VOICE)
    assert Package.in_folder(folder, VOICE).description == Description.from_bytes(description.to_bytes())
    assert names(folder) == {"voice.json", WEIGHTS, RETRIEVAL}
    assert {name: (folder / name).stat().st_size for name in description.files} == dict.fromkeys(
        description.files, 3_000_000
    )


def test_a_package_already_here_is_not_fetched_again(folder_store: FolderStore, here: Path, add: Add) -> None:
    description = add(folder_store)
    counting = Counting(folder_store.root)
    ours = packages(counting, here)
    ours.folder(description.hash, VOICE)
    assert len(counting.opened) == 2
    ours.folder(description.hash, VOICE)
    assert len(counting.opened) == 2


@pytest.mark.parametrize("damage", ["cut short", "gone", "description"])
def test_a_damaged_copy_is_fetched_again(folder_store: FolderStore, here: Path, add: Add, damage: str) -> None:
    description = add(folder_store)
    folder = packages(folder_store, here).folder(description.hash, VOICE)
    good = {path.name: path.read_bytes() for path in folder.iterdir()}
    if damage == "cut short":
        (folder / WEIGHTS).write_bytes(good[WEIGHTS][:-1])
    elif damage == "gone":
        (folder / WEIGHTS).unlink()
    else:
        (folder / "voice.json").write_bytes(good["voice.json"][:-1])
    packages(folder_store, here).folder(description.hash, VOICE)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == good


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"!", lambda data: data[:-1] + b"!"])
@pytest.mark.parametrize("file", [WEIGHTS, "voice.json"])
def test_a_package_changed_in_the_store_is_not_used(
    folder_store: FolderStore, here: Path, add: Add, file: str, change: Callable[[bytes], bytes]
) -> None:
    description = add(folder_store)
    key = keys.package_key(description.hash, file)
    folder_store.put(key, change(folder_store.get(key)))
    with pytest.raises(ConversionError, match=f"{key} in the object store is damaged; remove it there"):
        packages(folder_store, here).folder(description.hash, VOICE)
    assert file not in names(here / description.hash)
    assert not list(here.rglob("*.part"))


@pytest.mark.parametrize(("kind", "advice"), [(VOICE, "add the voice again"), (ENCODER, "add the model again")])
def test_a_package_missing_from_the_store_is_reported_with_a_remedy(
    store: ObjectStore, here: Path, kind: str, advice: str
) -> None:
    with pytest.raises(ConversionError, match=f"not in the object store; {advice}"):
        packages(store, here).folder("0" * 64, kind)


@pytest.mark.parametrize("content_hash", ["", "..", "../" + "0" * 61, "A" * 64])
def test_anything_but_a_hash_is_refused(folder_store: FolderStore, here: Path, content_hash: str) -> None:
    with pytest.raises(ConversionError, match="is not the hash of a package"):
        packages(folder_store, here).folder(content_hash, VOICE)
    assert not here.exists()


def test_a_server_that_is_briefly_away_costs_only_time(folder_store: FolderStore, here: Path, add: Add) -> None:
    description = add(folder_store)
    folder = packages(Counting(folder_store.root, away=1), here).folder(description.hash, VOICE)
    assert names(folder) == {"voice.json", WEIGHTS, RETRIEVAL}


def test_a_worker_that_ends_does_not_wait_for_a_server(folder_store: FolderStore, here: Path, add: Add) -> None:
    description = add(folder_store)
    ending = Event()
    ending.set()
    with pytest.raises(ObjectStoreError, match="away"):
        Packages(Counting(folder_store.root, away=9), here, float("inf"), ending).folder(description.hash, VOICE)
    assert not list(here.rglob("*.part"))


def test_unfinished_files_of_an_earlier_worker_are_removed(folder_store: FolderStore, here: Path, add: Add) -> None:
    description = add(folder_store)
    (here / description.hash).mkdir(parents=True)
    (here / description.hash / f".{WEIGHTS}.1234.part").write_bytes(b"half")
    assert names(packages(folder_store, here).folder(description.hash, VOICE)) == {"voice.json", WEIGHTS, RETRIEVAL}


def test_several_workers_on_a_machine_may_want_a_package_at_once(
    folder_store: FolderStore, here: Path, add: Add
) -> None:
    description = add(folder_store, size=5_000_000)
    command = [sys.executable, "-c", FETCH, str(folder_store.root), str(here), description.hash]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    root = Path(__file__).parents[2]
    children: list[Any] = [subprocess.Popen(command, cwd=root, **pipes) for _ in range(3)]
    assert [child.stdout.readline() for child in children] == [b"ready\n"] * 3
    for child in children:
        child.stdin.write(b"\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0].decode().strip() for child in children]
    assert said == [str(here / description.hash)] * 3
    assert names(here / description.hash) == {"voice.json", WEIGHTS, RETRIEVAL}


def test_a_worker_keeps_packages_where_its_settings_say(
    folder_store: FolderStore, build_settings: Callable[..., Settings], add: Add
) -> None:
    description = add(folder_store)
    settings = build_settings(package_gigabytes=0.5)
    ours = Packages.of(settings, folder_store, Event())
    assert ours.most_bytes == 0.5e9
    assert ours.folder(description.hash, VOICE) == settings.state_folder / "packages" / description.hash
    assert Packages.of(build_settings(package_gigabytes=0.0), folder_store, Event()).most_bytes == float("inf")
