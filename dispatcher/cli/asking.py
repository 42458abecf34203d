"""What several commands take: --json, NAME=VALUE."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from storage.objects.address import Address, read_place
from workers.engines.setting import written_value

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


class PlaceToUse(click.Path):
    """A path, or an address such as s3://bucket/key."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Addresses are kept as they are written, which a path would not."""
        place = read_place(value) if isinstance(value, str) else value
        return place if isinstance(place, Address) else super().convert(value, param, ctx)


PLACE = PlaceToUse(path_type=Path)


def read_assignments(given: Iterable[str], option: str) -> dict[str, Any]:
    """Values by name: numbers, true and false as such, everything else as text."""
    read = {}
    for assignment in given:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        if not name or not equals or not value:
            raise click.BadParameter(f"{assignment!a} is not NAME=VALUE", param_hint=option)
        read[name] = written_value(value)
    return read
