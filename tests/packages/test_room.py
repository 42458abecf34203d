"""The packages unused for longest make room for new ones."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from storage.objects.folder import FolderStore
from tests.packages.conftest import packages
from workers.engines.package import VOICE
from workers.engines.package_room import LOCKS, RECENTLY
from workers.engines.rvc.package import ENCODER, Description

Add = Callable[..., Description]


def unused_for(here: Path, description: Description, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(here / description.hash, (moment, moment))


def there(here: Path) -> set[str]:
    return {path.name for path in here.iterdir() if not path.name.startswith(".")}


def fetch_three(store: FolderStore, here: Path, add: Add) -> list[Description]:
    """Fetch three packages of a thousand bytes, of which the first is unused for longest."""
    ours = packages(store, here)
    three = [add(store, kind=ENCODER) for _ in range(3)]
    for age, description in zip((30, 20, 10), three, strict=True):
        ours.folder(description.hash, ENCODER)
        unused_for(here, description, RECENTLY + age)
    return three


def test_the_least_recently_used_packages_go_first(folder_store: FolderStore, here: Path, add: Add) -> None:
    oldest, older, old = fetch_three(folder_store, here, add)
    newest = add(folder_store, kind=ENCODER)
    held = sum(f.stat().st_size for f in here.glob("*/*"))
    packages(folder_store, here, most_bytes=held).folder(newest.hash, ENCODER)
    assert there(here) == {older.hash, old.hash, newest.hash}
    assert oldest.hash not in there(here)
    assert not list((here / ".going").iterdir())


def test_using_a_package_makes_it_the_newest(folder_store: FolderStore, here: Path, add: Add) -> None:
    oldest, older, old = fetch_three(folder_store, here, add)
    newest = add(folder_store, kind=ENCODER)
    ours = packages(folder_store, here, most_bytes=sum(f.stat().st_size for f in here.glob("*/*")))
    ours.folder(oldest.hash, ENCODER)
    ours.folder(newest.hash, ENCODER)
    assert there(here) == {oldest.hash, old.hash, newest.hash}
    assert older.hash not in there(here)


def test_a_package_just_asked_for_stays_even_without_room(folder_store: FolderStore, here: Path, add: Add) -> None:
    ours = packages(folder_store, here, most_bytes=1)
    needed = [add(folder_store, kind=kind) for kind in (VOICE, ENCODER, ENCODER)]
    for description in needed:
        ours.folder(description.hash, description.kind)
    assert there(here) == {description.hash for description in needed}


def test_a_package_locked_by_another_worker_stays(folder_store: FolderStore, here: Path, add: Add) -> None:
    oldest, _, _ = fetch_three(folder_store, here, add)
    newest = add(folder_store, kind=ENCODER)
    with (here / LOCKS / oldest.hash).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages(folder_store, here, most_bytes=1).folder(newest.hash, ENCODER)
    assert there(here) == {oldest.hash, newest.hash}
