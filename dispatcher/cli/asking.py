"""What several commands take: --json, NAME=VALUE."""

import json
from collections.abc import Iterable
from typing import Any

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def read_assignments(given: Iterable[str], option: str) -> dict[str, Any]:
    """Values by name: numbers, true and false as such, everything else as text."""
    read = {}
    for assignment in given:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        if not name or not equals or not value:
            raise click.BadParameter(f"{assignment!a} is not NAME=VALUE", param_hint=option)
        read[name] = _value(value)
    return read


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
