"""From the rows of a manifest to wishes: what each column means, and what is wrong with its value."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from dispatcher.jobs.incoming import find_object
from dispatcher.jobs.request import PRIORITIES, Request
from dispatcher.wishes.buckets import LOOKS_AT_A_TIME
from dispatcher.wishes.manifest import Mistake, Row, read_rows
from dispatcher.wishes.naming import inside
from dispatcher.wishes.sources import is_folder, why_no_place
from dispatcher.wishes.wish import Wish
from storage.answers import answer_in
from storage.audio.channels import Channels
from storage.audio.depth import DEPTHS
from storage.errors import InputError
from storage.objects.address import Address, Place, read_place
from storage.objects.reach import Reach
from storage.spelling import did_you_mean
from workers.engines import catalog
from workers.engines.setting import written_value

#: Columns that say what is to be converted and how, besides the settings of voices.
COLUMNS = (
    "source", "voice", "output", "priority", "require", "format", "rate", "depth", "channels", "mix_back", "track",
    "keep_original", "allow_truncated", "quality_check", "before", "after",
)  # fmt: skip
#: Other words for some of them.
_ALSO = {"file": "source", "recording": "source", "name": "output", "tags": "require", "tag": "require"}
#: How columns begin whose values come back with the results.
CARRIED = "meta."


@dataclass(frozen=True, slots=True)
class Entry:
    """A wish and the row that it stands in."""

    row: Row
    wish: Wish


def read_entries(path: Path, usual: Request, reach: Reach) -> tuple[list[Entry], list[Mistake]]:
    """The wishes of a manifest, and its mistakes; what a row leaves open is as `usual` has it.

    Sources are addresses, or relative to the folder of the manifest. Those in buckets are looked for as files are;
    web servers are asked only once a recording is taken in.
    """
    rows, mistakes = read_rows(path, column_called)
    known: dict[str, Request] = {}
    entries = []
    for row in rows:
        wish = _wish(row, path.parent, usual, known, mistakes)
        if wish is not None:
            entries.append(Entry(row, wish))
    return entries, [*mistakes, *_missing_objects(entries, reach)]


def _missing_objects(entries: Sequence[Entry], reach: Reach) -> Iterator[Mistake]:
    objects = [(entry, s) for entry in entries if isinstance(s := entry.wish.source, Address) and s.scheme == "s3"]
    with ThreadPoolExecutor(LOOKS_AT_A_TIME, "looks") as pool:
        looks = pool.map(lambda one: _why_no_object(one[1], reach), objects)
        for (entry, _), why in zip(objects, looks, strict=True):
            if why:
                yield entry.row.mistake("source", why)


def column_called(name: str) -> str:
    """The column that is meant, or an InputError."""
    if name.lower().startswith(CARRIED) and len(name) > len(CARRIED):
        return CARRIED + name[len(CARRIED) :]
    if name.lower() == "meta":
        return "meta"
    plain = name.lower().replace("-", "_").replace(" ", "_")
    plain = _ALSO.get(plain, plain)
    known = [*COLUMNS, *_settings()]
    if plain in known:
        return plain
    advice = did_you_mean(plain, known) or f"known are {', '.join(known)}, and {CARRIED}ANYTHING"
    raise InputError(f"there is no column {name!r}; {advice}")


@cache
def _settings() -> Mapping[str, None]:
    return {
        called: None
        for engine in catalog.engines()
        for setting in engine.settings
        for called in (setting.common_name, setting.name)
    }


def _wish(row: Row, folder: Path, usual: Request, known: dict[str, Request], mistakes: list[Mistake]) -> Wish | None:
    """The wish of a row; None where its mistakes leave none."""
    read: dict[str, Any] = {}
    for name, value in row.values.items():
        try:
            read[name] = _value(name, value)
        except InputError as error:
            mistakes.append(row.mistake(name, error))
    if "source" not in row.values:
        mistakes.append(row.mistake("source", "there is no source in this line; name a recording"))
    if "source" not in read:
        return None
    named: Place = read["source"]
    source = named if isinstance(named, Address) else folder / named
    if isinstance(named, Path) and (why := _why_no_recording(named, folder)):
        mistakes.append(row.mistake("source", why))
    if "voice" not in read and not usual.voice:
        mistakes.append(row.mistake("voice", "there is no voice in this line, and none for all; name one"))
        return None
    request = _request(read, usual)
    # Equal requests are one, so that each is checked once.
    request = known.setdefault(repr((request, request.settings)), request)
    return Wish(source, request, Path(), read.get("output"), _carried(read))


def _request(read: Mapping[str, Any], usual: Request) -> Request:
    settings = {name: value for name, value in read.items() if name in _settings()}
    parts = {name: read[name] for name in COLUMNS if name in read and name not in ("source", "output")}
    return replace(usual, **parts, settings={**usual.settings, **settings})


def _carried(read: Mapping[str, Any]) -> dict[str, Any] | None:
    named = {name[len(CARRIED) :]: value for name, value in read.items() if name.startswith(CARRIED)}
    return {**read.get("meta", {}), **named} or None


def _value(name: str, value: Any) -> Any:
    """The value of a column, or an InputError that says what it must be."""
    if name.startswith(CARRIED):
        return value
    if name == "meta":
        return _object(value)
    if name in _READERS:
        return _READERS[name](value)
    return _setting(value)


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise InputError("meta must be an object of names and values")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise InputError(f"{json.dumps(value)} must be text")
    return value.strip()


def _output(value: Any) -> str:
    inside(text := _text(value))
    return text


def _priority(value: Any) -> int:
    if isinstance(value, str) and value.lower() in PRIORITIES:
        return PRIORITIES[value.lower()]
    if str(value).isdecimal() and int(value) <= max(PRIORITIES.values()) + 1:
        return int(value)
    raise InputError(f"{value!r} is no priority; write {', '.join(PRIORITIES)}, or 0 (first) to 9")


def _tags(value: Any) -> frozenset[str]:
    parts = value if isinstance(value, list) else _text(value).replace(",", " ").replace(";", " ").split()
    return frozenset(_text(part) for part in parts)


def _channels(value: Any) -> str:
    return Channels.of(_text(str(value) if isinstance(value, int) else value)).text


def _depth(value: Any) -> str:
    if str(value) not in DEPTHS:
        raise InputError(f"{value!r} is no depth; write {', '.join(DEPTHS)}")
    return str(value)


def _track(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or int(value) < 1:
        raise InputError(f"{value!r} is no track; write its number, from 1")
    return int(value) - 1


def _rate(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise InputError(f"{value!r} is no sample rate; write a whole number of hertz, such as 48000")
    return int(value)


def _yes(value: Any) -> bool:
    if (answer := answer_in(value)) is None:
        raise InputError(f"{value!r} must be yes or no")
    return answer


def _setting(value: Any) -> Any:
    """A cell's number as a number; which values there may be, the voice's engine says."""
    if isinstance(value, str):
        return written_value(value)
    if isinstance(value, bool | int | float):
        return value
    raise InputError(f"{json.dumps(value)} must be a number or a word")


_READERS = {
    "source": lambda value: read_place(_text(value)),
    "voice": _text,
    "output": _output,
    "format": _text,
    "channels": _channels,
    "priority": _priority,
    "require": _tags,
    "rate": _rate,
    "depth": _depth,
    "track": _track,
    "mix_back": _yes,
    "keep_original": _yes,
    "allow_truncated": _yes,
    "quality_check": _yes,
    "before": _text,
    "after": _text,
}


def _why_no_object(source: Address, reach: Reach) -> str | None:
    if source.is_folder:
        return f"{source} is a folder; write a line for each recording in it"
    try:
        find_object(reach.bucket(source), source)
    except InputError as refusal:
        return str(refusal)
    return None


def _why_no_recording(named: Path, folder: Path) -> str | None:
    source = folder / named
    if not source.exists() and (why := why_no_place(named)):
        return str(why)
    if is_folder(source):
        return f"{source} is a folder; write a line for each recording in it"
    if not source.exists():
        return f"there is no {source}; check its name, which counts from the folder of the manifest"
    if not os.access(source, os.R_OK):
        return f"{source} may not be read; check its rights"
    return None if source.stat().st_size else f"{source} is empty; copy it again"
