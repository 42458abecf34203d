"""Keeping the secrets of the settings out of the logs, whatever a library writes there."""

import logging
from typing import Any

from celery import signals

from storage.settings import Settings


class _Hiding(logging.Formatter):
    """Another formatter's lines, with the secrets blacked out."""

    def __init__(self, inner: logging.Formatter, settings: Settings) -> None:
        super().__init__()
        self.inner = inner
        self.settings = settings

    def format(self, record: logging.LogRecord) -> str:
        """One line, or a line with a traceback."""
        return self.settings.hide_secrets(self.inner.format(record))


def hide_in_logs(settings: Settings) -> None:
    """Install it once Celery has set up its logs, which it does late."""

    def hide(logger: logging.Logger, **_: Any) -> None:
        for handler in logger.handlers:
            handler.setFormatter(_Hiding(handler.formatter or logging.Formatter(), settings))

    signals.after_setup_logger.connect(hide, weak=False)
    signals.after_setup_task_logger.connect(hide, weak=False)
