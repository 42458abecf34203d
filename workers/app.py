"""The name by which Celery's own tools find the farm: `celery -A workers.app`."""

from celery import Celery

from storage.settings import Settings
from workers.wire.celery_app import build_app


def __getattr__(name: str) -> Celery:
    """The app of this process's settings, which are read when somebody asks for it and not at import."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = build_app(Settings.load())
    return app
