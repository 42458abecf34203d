"""The words in which a worker says what it offers and a job what it needs."""

import re

CAPABILITIES = ("cuda", "mlx", "cpu")
#: What may stand in a tag: it becomes part of queue names and metric labels.
TAG = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


def engine_tag(name: str, version: str) -> str:
    """What a worker must offer to convert for an engine: another version would give other samples."""
    return f"{name}.v{version}"
