"""What commands say: text for people, in which nothing is obeyed by a terminal, and JSON for programs."""

import json
import sys

import click

from dispatcher.reports.wording import printable


def say(text: object, *, err: bool = False) -> None:
    """Print one line; what the file or terminal that it goes to has no character for is escaped as well."""
    encoding = _encoding(sys.stderr if err else sys.stdout)
    shown = printable(str(text)).encode(encoding, "backslashreplace").decode(encoding)
    click.echo(shown, err=err)


def complain(sentence: object) -> None:
    """Say what went wrong, where it does not mix with what was asked for."""
    say(f"voicefarm: {sentence}", err=True)


def print_json(value: object) -> None:
    """Print for programs; what cannot be encoded is escaped as JSON itself does it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(_encoding(sys.stdout))
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    click.echo(text)


def _encoding(stream: object) -> str:
    return getattr(stream, "encoding", None) or "utf-8"
