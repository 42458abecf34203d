"""A look at the records for who cannot wait: what they say is worth something at once, or not at all."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TypeVar

from sqlalchemy import make_url

from storage.records.database import Database
from storage.settings import Settings

T = TypeVar("T")

#: Seconds after which the records count as unreadable: nobody who pressed a key waits longer for an answer.
PATIENCE = 1.0


def glance(read: Callable[[Database], T], patience: float = PATIENCE) -> T | None:
    """What is read from the records; None if there are none yet, or they do not answer soon, or anything is wrong.

    Nothing is created, started or upgraded.
    """
    found: list[T] = []

    def look() -> None:
        try:
            settings = Settings.load()
            if _exists(settings):
                found.append(read(Database(settings.resolved_database_url)))
        except Exception:  # noqa: BLE001, S110 - whatever is wrong, whoever asks wants no more than silence
            pass

    # Nothing else ends a driver that waits for a server; the thread ends with the process.
    looking = Thread(target=look, daemon=True)
    looking.start()
    looking.join(patience)
    return found[0] if found else None


def _exists(settings: Settings) -> bool:
    """Whether there are records, unless only a server can tell."""
    url = make_url(settings.resolved_database_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
