"""model: what trained voices share, such as content encoders and pitch models."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import MODEL, Offered
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import print_json, say
from dispatcher.cli.usage import Commands
from dispatcher.client.farm import Farm
from dispatcher.voices.models import KnownModel
from storage.printable import printable
from workers.engines import catalog
from workers.engines.voice_files import PublicModel


@click.group("model", cls=Commands)
def model_command() -> None:
    """List, add, pull and remove the models that voices share."""


@model_command.command("list")
@as_json
def list_models(*, as_json: bool) -> None:
    """List all models."""
    models = Farm.open().models()
    if as_json:
        print_json([m.to_json() for m in models])
    elif models:
        rows = [(m.name, m.called, f"{m.facts.get('bytes', 0) / 1e6:.0f} MB", m.content_hash[:12]) for m in models]
        print_table(("model", "kind", "size", "package"), rows, numbers=("size",), dispensable=("package",))
    else:
        say("there is no model; get the usual ones with `voicefarm model pull`")


@model_command.command("add")
@click.argument("path", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; else its file's name.")
def add_model_command(path: Path, name: str | None) -> None:
    """Add a content encoder (hubert_base.pt, or a folder with a config.json) or a pitch model (rmvpe.pt)."""
    model, is_new = Farm.open().add_model(path, name)
    _tell(model, is_new=is_new)


@model_command.command("pull")
@click.argument("names", nargs=-1, type=Offered(catalog.engine_of_files()[1].public_models))
@click.option(
    "--from", "host", default=catalog.engine_of_files()[1].public_host, show_default=True, metavar="URL",
    help="Another place with these files.",
)  # fmt: skip
def pull_command(names: tuple[str, ...], host: str) -> None:
    """Download the models that nearly all voices need (contentvec, rmvpe), check them and add them."""
    for model, added in Farm.open().pull_models(names, host, _bar):
        if added is None:
            say(f"model '{model.name}' is there already")
        else:
            _tell(added, is_new=True)


@model_command.command("remove")
@click.argument("name", type=MODEL)
def remove_model_command(name: str) -> None:
    """Remove a model; voices that need it cannot be used until it is added again."""
    model = Farm.open().remove_model(name)
    say(f"model '{model.name}' is removed")


def _tell(model: KnownModel, *, is_new: bool) -> None:
    say(f"model '{model.name}' ({model.called}) is {'added' if is_new else 'there already'}")


@contextmanager
def _bar(model: PublicModel) -> Iterator[Callable[[int], None]]:
    """A progress bar for one download; nothing where there is no terminal."""
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
