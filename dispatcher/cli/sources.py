"""The options that say which recordings are meant, where results go and what they are called."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click

from dispatcher.cli.asking import PLACE
from dispatcher.cli.requesting import build_requests
from dispatcher.cli.saying import complain
from dispatcher.client.farm import Farm
from dispatcher.jobs.request import Request
from dispatcher.wishes.sources import Chosen
from dispatcher.wishes.wish import Wish
from storage.objects.address import Place

F = TypeVar("F", bound=Callable[..., Any])

#: What stands for standard input and output.
STREAM = Path("-")
#: Results of the farm's own that are named; the others are counted.
_NAMED = 5

_OPTIONS = [
    click.argument("sources", nargs=-1, type=PLACE),
    click.option("--manifest", type=click.Path(path_type=Path),
                 help="A list of recordings with what is wanted of each: .csv, .tsv or .jsonl."),
    click.option("--include", multiple=True, metavar="PATTERN",
                 help="Of folders, only files like this, such as '*.wav'; may be repeated."),
    click.option("--exclude", multiple=True, metavar="PATTERN",
                 help="Of folders, no files or folders like this, such as 'drafts'; may be repeated."),
    click.option("--name", metavar="TEMPLATE",
                 help="What results are called, such as '{folder}/{stem}.{voice}.{ext}'; also {name}, {number:04}."),
    click.option("--batch", metavar="NAME", help="The batch they go into; what it has already is not done again."),
]  # fmt: skip


def source_options(command: F) -> F:
    """Add all of these to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def find_wishes(farm: Farm, options: dict[str, Any]) -> tuple[list[Wish], Request]:
    """What is wanted, one wish for every recording and voice, and the request of the first."""
    requests = build_requests(options, voice_is_told=options["manifest"] is not None)
    sources, manifest = options["sources"], options["manifest"]
    if not sources and manifest is None:
        raise click.UsageError("name recordings or folders, or a list of them with --manifest")
    if manifest is not None and len(requests) > 1:
        raise click.UsageError("with --manifest, --voice is the voice of lines that have none; name one")
    wishes = farm.read_manifest(manifest, requests[0]) if manifest else []
    if sources:
        found, own_results = farm.find(sources, requests[0], Chosen(options["include"], options["exclude"]))
        _tell_left_out(own_results)
        wishes += [w.asking(request) for w in found for request in requests]
    if options["batch"] is None and manifest is not None:
        options["batch"] = manifest.stem
    return wishes, requests[0]


def _tell_left_out(own_results: list[Place]) -> None:
    if own_results:
        names = ", ".join(path.name for path in own_results[:_NAMED]) + (", …" if len(own_results) > _NAMED else "")
        complain(f"left out what voicefarm itself made: {names} ({len(own_results)}); name such files to convert them")


@contextmanager
def streamed(options: dict[str, Any]) -> Iterator[None]:
    """Where `-` is named, a recording comes from the standard input and the result goes to the standard output."""
    reads, writes = STREAM in options["sources"], options.get("out") == STREAM
    if not reads and not writes:
        yield
        return
    if writes and (len(options["sources"]) != 1 or options["manifest"]):
        raise click.UsageError("-o - writes one result to the standard output; name one recording")
    if writes and sys.stdout.isatty():
        raise click.UsageError("-o - writes sound to the standard output, which is a terminal; send it to a file")
    with TemporaryDirectory(prefix="voicefarm-") as folder:
        if reads:
            recording = Path(folder, "stdin")
            with recording.open("wb") as file:
                copyfileobj(sys.stdin.buffer, file, 1 << 20)
            options["sources"] = tuple(recording if s == STREAM else s for s in options["sources"])
        if writes:
            options["out"] = Path(folder, f"stdout.{options['format_'] or 'wav'}")
        yield
        if writes and options["out"].exists():
            with options["out"].open("rb") as file:
                copyfileobj(file, sys.stdout.buffer, 1 << 20)
            sys.stdout.buffer.flush()
