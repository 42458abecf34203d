"""What commands print: text for people, with nothing in it that a terminal would obey, and JSON for programs."""

import json
import logging
import sys
import time
from collections.abc import Iterable

import click

from dispatcher.reports.wording import shown_clock
from storage.printable import printable


def say(text: object, *, err: bool = False) -> None:
    """Print one line; characters that the output's encoding lacks are escaped as well."""
    encoding = _encoding(sys.stderr if err else sys.stdout)
    shown = printable(str(text)).encode(encoding, "backslashreplace").decode(encoding)
    click.echo(shown, err=err)


def complain(sentence: object) -> None:
    """Say what went wrong on stderr, where it does not mix with the output."""
    say(f"voicefarm: {sentence}", err=True)


def print_json(value: object) -> None:
    """Print JSON; what cannot be encoded is escaped as JSON escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(_encoding(sys.stdout))
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    click.echo(text)


def shown_seconds(seconds: float | None) -> str:
    """A length such as 1:02:03."""
    if seconds is None:
        return ""
    return shown_clock(round(seconds))


def shown_time(moment: float | None) -> str:
    """A local time."""
    return "" if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one per line; empty ones are left out."""
    for name, value in facts:
        if value not in ("", None):
            say(f"{name:<12} {value}")


class Complaining(logging.Handler):
    """Prints what a library call wants its user to hear."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        complain(record.getMessage())


def _encoding(stream: object) -> str:
    return getattr(stream, "encoding", None) or "utf-8"
