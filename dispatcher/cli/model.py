"""model: what RVC voices share, content encoders and pitch models."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from dispatcher.cli.opening import as_json, open_farm
from dispatcher.cli.saying import print_json, say
from dispatcher.cli.tables import print_table
from dispatcher.models.known import KnownModel, all_models, find_model, forget_model
from dispatcher.models.public_files import HOST, PublicModel
from dispatcher.models.usage import delete_if_unused, refuse_if_in_use
from dispatcher.reports.wording import printable

_KINDS = {"encoder": "content encoder", "pitch": "pitch model"}


@click.group("model")
def model_command() -> None:
    """List, add, pull and remove the models that voices share."""


@model_command.command("list")
@as_json
def list_models(*, as_json: bool) -> None:
    """List all models."""
    models = all_models(open_farm().database)
    if as_json:
        print_json([_plain(m) for m in models])
    elif models:
        rows = [
            (m.name, _KINDS.get(m.kind, m.kind), f"{m.facts.get('bytes', 0) / 1e6:.0f} MB", m.content_hash[:12])
            for m in models
        ]
        print_table(("model", "kind", "size", "package"), rows)
    else:
        say("there is no model; get the usual ones with `voicefarm model pull`")


@model_command.command("add")
@click.argument("path", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; else its file's name.")
def add_model_command(path: Path, name: str | None) -> None:
    """Add a content encoder (hubert_base.pt, or a folder with a config.json) or a pitch model (rmvpe.pt)."""
    from dispatcher.models.adding import Adding

    farm = open_farm()
    model, is_new = Adding(farm.database, farm.store, farm.settings.scratch_folder).model(path, name)
    _tell(model, is_new=is_new)


@model_command.command("pull")
@click.argument("names", nargs=-1)
@click.option("--from", "host", default=HOST, show_default=True, metavar="URL", help="Another place with these files.")
def pull_command(names: tuple[str, ...], host: str) -> None:
    """Download the models that nearly all voices need (contentvec, rmvpe), check them and add them."""
    from dispatcher.models.adding import Adding
    from dispatcher.models.pulling import Pulling

    farm = open_farm()
    adding = Adding(farm.database, farm.store, farm.settings.scratch_folder)
    pulling = Pulling(adding, farm.settings.state_folder / "downloads", host)
    for model in pulling.wanted(names):
        added = pulling.pull(model, _bar)
        if added is None:
            say(f"model '{model.name}' is there already")
        else:
            _tell(added, is_new=True)


@model_command.command("remove")
@click.argument("name")
def remove_model_command(name: str) -> None:
    """Remove a model; voices that need it cannot be used until it is added again."""
    farm = open_farm()
    found = find_model(farm.database, name)
    if found is not None:
        refuse_if_in_use(farm.database, found.content_hash, f"the model '{found.name}'")
    model = forget_model(farm.database, name)
    delete_if_unused(farm.database, farm.store, model.content_hash)
    say(f"model '{model.name}' is removed")


def _tell(model: KnownModel, *, is_new: bool) -> None:
    say(f"model '{model.name}' ({_KINDS.get(model.kind, model.kind)}) is {'added' if is_new else 'there already'}")


@contextmanager
def _bar(model: PublicModel) -> Iterator[Callable[[int], None]]:
    """A progress bar for one download; silence where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(printable(model.name), total=model.bytes)
        yield lambda here: bars.update(task, completed=here)


def _plain(model: KnownModel) -> dict[str, Any]:
    return {"name": model.name, "kind": model.kind, "package": model.content_hash, "facts": dict(model.facts)}
