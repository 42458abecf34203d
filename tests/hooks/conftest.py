"""A desk with hooks, a server that listens, and a studio that delivers with the desk's clock."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from dispatcher.hooks.notifying import Notifying
from dispatcher.jobs.ending import end_all
from dispatcher.jobs.life import Event
from storage.records.database import Database
from storage.records.notices import EndRecord, NoticeRecord
from storage.records.schema import BatchRecord
from tests.desk.conftest import DeskModel
from tests.storage.crooked_s3 import Answer, Asked, serving

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBmYXJt"


@dataclass
class Listener:
    """A web server that is told of ends."""

    statuses: list[int] = field(default_factory=list)
    """What it answers next; after these, that all is well."""
    heard: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def answer(self, asked: Asked) -> Answer:
        self.heard.append(asked)
        return Answer(self.statuses.pop(0) if self.statuses else 200, dict(self.headers))

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(asked.body) for asked in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    with serving(listener.answer) as endpoint:
        listener.url = f"{endpoint}/farm/s3cret-path"
        yield listener


@dataclass
class HookedDesk(DeskModel):
    """Ends jobs, and tells of it."""

    def told_by(self, **hooks: Any) -> None:
        """Set the farm's hooks."""
        self.settings = replace(self.settings, **hooks)

    def batch(self, name: str = "talks", notify: str = "") -> int:
        with self.database.writing() as connection:
            values = {"name": name, "created_at": self.now, "notify": notify}
            return int(connection.execute(insert(BatchRecord).values(**values).returning(BatchRecord.id)).scalar_one())

    def ended(self, **facts: Any) -> int:
        """A job that has just ended."""
        job = self.job(**{"state": "stitching", "atoms": 1, **facts})
        self.stitched(job)
        return job

    def stitched(self, *jobs: int) -> None:
        """Let jobs end well, in one transaction."""
        with self.writing() as turn:
            assert end_all(turn, jobs, Event.STITCHED) == list(jobs)

    def deliver(self, after: float = 0.0) -> None:
        """Do a studio's work, some seconds later."""
        self.now += after
        Notifying(self.database, self.settings, clock=lambda: self.now).run()

    def tell(self) -> None:
        """Let a tick pass, and a studio do what it asks for."""
        if self.tick().notify:
            self.deliver()

    def notices(self) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(select(NoticeRecord).order_by(NoticeRecord.id)).all())

    def ends(self) -> int:
        with self.database.reading() as connection:
            return len(connection.execute(select(EndRecord.id)).all())


@pytest.fixture
def desk(migrated_url: str) -> Iterator[HookedDesk]:
    database = Database(migrated_url)
    yield HookedDesk(database)
    database.close()
