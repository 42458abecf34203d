"""Measured figures and their targets, as rows of a table."""

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and its target."""

    what: str
    measured: str
    target: str
    reached: bool


def show(figures: Iterable[Figure]) -> None:
    """Print the rows of a Markdown table."""
    for f in figures:
        print(f"| {f.what} | {f.measured} | {f.target} | {'yes' if f.reached else '**no**'} |", flush=True)


def save(path: Path, figures: Iterable[Figure]) -> None:
    """Save the figures for programs."""
    path.write_text(json.dumps([asdict(f) for f in figures], indent=2), encoding="utf-8")


def machine() -> str:
    """Describe this machine."""
    import os

    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ] if Path("/proc/cpuinfo").exists() else [platform.processor()]  # fmt: skip
    return f"{names[0]}, {os.cpu_count()} cores, Python {platform.python_version()}"
