"""Options of commands that have many, in sections; what is required comes first."""

from collections.abc import Mapping
from typing import Any

import click

#: The section of options that name none.
_USUAL = "Options"


class SectionOption(click.Option):
    """An option that stands in a section of its own, or first in its section."""

    def __init__(self, *args: Any, section: str = _USUAL, is_first: bool = False, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section
        self.is_first = is_first


class SectionedCommand(click.Command):
    """A command whose help has its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, section by section."""
        for title, options in sections_of(self, ctx).items():
            records = [record for option in options if (record := option.get_help_record(ctx)) and record[1]]
            with formatter.section(title):
                formatter.write_dl(records)


def sections_of(command: click.Command, context: click.Context) -> Mapping[str, list[click.Parameter]]:
    """The parameters of a command by section, in the order in which they are declared but what matters most first."""
    found: dict[str, list[click.Parameter]] = {_USUAL: []}
    for parameter in sorted(
        command.get_params(context), key=lambda p: not (p.required or getattr(p, "is_first", False))
    ):
        if not getattr(parameter, "hidden", False):
            found.setdefault(getattr(parameter, "section", _USUAL), []).append(parameter)
    return found
