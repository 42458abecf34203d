"""The name by which Celery's own tools find the farm: `celery -A workers.app`."""

from celery import Celery

from storage.settings import Settings
from workers.wire.celery_app import build_app


def __getattr__(name: str) -> Celery:
    """The app for this process's settings, which are read when the app is first asked for and not at import."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = build_app(Settings.load())
    return app
