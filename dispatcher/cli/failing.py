"""Errors as programs read them: with --json, every command that fails prints one object with its error."""

import sys
from typing import Any

from dispatcher.cli.saying import print_json

#: Kinds of errors that are no VoicefarmErrors: a command line that is not understood, Ctrl-C, and what nobody foresaw.
USAGE, STOPPED, UNFORESEEN = "usage", "stopped", "unforeseen"


def print_error(error: dict[str, Any]) -> None:
    """Print the error of the whole command for programs, if the command line asks for JSON."""
    words = sys.argv[1:]
    if "--json" in (words[: words.index("--")] if "--" in words else words):
        print_json({"error": error})
