"""Manifests: recordings with what is wanted of each, line by line, as CSV, TSV or JSON Lines."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from storage.errors import InputError

#: What parts the cells of each kind, by the ending of its name; nothing in JSON Lines.
KINDS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".jsonl": "", ".ndjson": ""}
#: Bytes of a manifest; a million lines are less.
LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a manifest, by line and column; both count from 1, and 0 is the whole."""

    line: int
    column: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One recording of a manifest: values by the names of their columns, and where each stands."""

    line: int
    values: Mapping[str, Any]
    places: Mapping[str, int]

    def mistake(self, name: str, sentence: object) -> Mistake:
        """A mistake in one of its values, or in all of it."""
        return Mistake(self.line, self.places.get(name, 0), str(sentence))


def read_rows(path: Path, naming: Callable[[str], str]) -> tuple[list[Row], list[Mistake]]:
    """All rows of a manifest, and what is wrong with its form.

    `naming` gives the name that a column really has, or raises an InputError for one that there is not.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path} is no manifest that can be read; its name must end in one of {', '.join(KINDS)}")
    text, mistakes = _text(path)
    if mistakes:
        return [], mistakes
    found = list(_json_rows(text, naming) if kind == "" else _table_rows(text, kind, naming))
    rows = [row for row in found if isinstance(row, Row)]
    mistakes = [one for one in found if isinstance(one, Mistake)]
    if not found:
        mistakes.append(Mistake(0, 0, "there is nothing in it; write a line for each recording"))
    return rows, mistakes


def _text(path: Path) -> tuple[str, list[Mistake]]:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is larger than {LARGEST >> 30} GiB; cut it in several")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its name and rights") from error
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        return "", [Mistake(line, column, "this is not UTF-8; save the manifest in that encoding")]


def _table_rows(text: str, delimiter: str, naming: Callable[[str], str]) -> Iterator[Row | Mistake]:
    first = text.split("\n", 1)[0]
    # Where the comma stands in numbers, spreadsheets part cells by semicolons.
    separator = ";" if delimiter == "," and ";" in first and "," not in first else delimiter
    lines = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] | None = None
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield Mistake(line, 0, f"this line cannot be taken apart ({error}); check its quotes")
            return
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names, mistakes = _columns(line, cells, naming)
            yield from mistakes
            continue
        yield _row(line, cells, names)


def _columns(line: int, cells: Sequence[str], naming: Callable[[str], str]) -> tuple[list[str], list[Mistake]]:
    names, mistakes = [], []
    for place, cell in enumerate(cells, 1):
        name = ""
        try:
            name = naming(cell.strip())
        except InputError as error:
            mistakes.append(Mistake(line, place, str(error)))
        if name and name in names:
            mistakes.append(Mistake(line, place, f"there are two columns for {name}; leave one out"))
        names.append(name)
    return names, mistakes


def _row(line: int, cells: Sequence[str], names: Sequence[str]) -> Row | Mistake:
    if len(cells) != len(names):
        return Mistake(
            line, min(len(cells), len(names)) + 1,
            f"there are {len(cells)} cells in this line and {len(names)} columns; quote cells that hold separators",
        )  # fmt: skip
    told = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if name and cell.strip()}
    return Row(line, told, {name: place for place, name in enumerate(names, 1) if name})


def _json_rows(text: str, naming: Callable[[str], str]) -> Iterator[Row | Mistake]:
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            told = json.loads(written)
        except ValueError as error:
            yield Mistake(line, getattr(error, "colno", 0), f"this is not JSON ({getattr(error, 'msg', error)})")
            continue
        if not isinstance(told, dict):
            yield Mistake(line, 1, 'a line must be an object such as {"source": "talk.wav", "voice": "bright"}')
            continue
        values: dict[str, Any] = {}
        for name, value in told.items():
            try:
                if value is not None:
                    values[naming(name)] = value
            except InputError as error:
                yield Mistake(line, 0, str(error))
        yield Row(line, values, {})
