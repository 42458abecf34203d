"""However many messages ask for it, feeding leaves time for other messages."""

from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.desk.desk import Desk
from dispatcher.desk.effects import Effects
from storage.records.database import Database
from storage.settings import Settings
from workers.app import build_app


def test_feeding_takes_no_more_than_half_of_the_time(migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0, fed=0)

    def feed(*_: Any) -> Effects:
        clock.fed += 1
        clock.now += 0.05
        return Effects()

    monkeypatch.setattr("dispatcher.desk.desk.feed", feed)
    monkeypatch.setattr("dispatcher.desk.desk.time", SimpleNamespace(monotonic=lambda: clock.now))
    settings = Settings(broker_url="redis://127.0.0.1:1/0", database_url=migrated_sqlite_url)
    desk = Desk(build_app(settings), Database(migrated_sqlite_url), settings, clock=lambda: clock.now)
    for _ in range(1_000):
        clock.now += 0.001
        desk.feed()
    # A thousand reports, a millisecond apart: each of 50 ms of feeding is followed by as much of something else.
    assert 18 <= clock.fed <= 21
    assert desk.hungry
    clock.now += 1.0
    desk.feed()
    assert not desk.hungry
