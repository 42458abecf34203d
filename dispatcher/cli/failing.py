"""Errors as programs read them: with --json, every command that fails prints one object with its error."""

import re
import sys
from typing import Any

from dispatcher.cli.remedies import worded, worded_remedy
from dispatcher.cli.saying import print_json
from storage.errors import ManifestRefused, VoicefarmError

#: Kinds of errors that are no VoicefarmErrors: a command line that is not understood, Ctrl-C, and what nobody foresaw.
USAGE, STOPPED, UNFORESEEN = "usage", "stopped", "unforeseen"


def error_object(error: VoicefarmError) -> dict[str, Any]:
    """An error's whole sentence, its kind, and each of the remedies that end the sentence."""
    kind = re.sub("(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    told = described(worded(error), kind, [worded_remedy(remedy) for remedy in error.remedies])
    if isinstance(error, ManifestRefused):
        told["mistakes"] = [{"line": line, "column": at, "sentence": said} for line, at, said in error.mistakes]
    return told


def described(sentence: str, kind: str, advice: list[str] | None = None) -> dict[str, Any]:
    """The form that every error has."""
    return {"sentence": sentence, "kind": kind, "advice": advice or []}


def print_error(error: dict[str, Any]) -> None:
    """Print the error of the whole command for programs, if the command line asks for JSON."""
    words = sys.argv[1:]
    if "--json" in (words[: words.index("--")] if "--" in words else words):
        print_json({"error": error})
