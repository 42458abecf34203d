"""A figure beside its target, as one line of a table."""

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured."""

    what: str
    measured: str
    target: str
    reached: bool


def show(figures: Iterable[Figure]) -> None:
    """Print as a table of Markdown."""
    for f in figures:
        print(f"| {f.what} | {f.measured} | {f.target} | {'yes' if f.reached else '**no**'} |", flush=True)


def save(path: Path, figures: Iterable[Figure]) -> None:
    """Keep for programs."""
    path.write_text(json.dumps([asdict(f) for f in figures], indent=2), encoding="utf-8")


def machine() -> str:
    """What this was measured on."""
    import os

    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ] if Path("/proc/cpuinfo").exists() else [platform.processor()]  # fmt: skip
    return f"{names[0]}, {os.cpu_count()} cores, Python {platform.python_version()}"
