"""The words with which a worker says what it offers and a job what it needs."""

import re

CAPABILITIES = ("cuda", "mlx", "cpu")
#: What a tag may look like: it becomes part of queue names and metric labels.
TAG = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


def engine_tag(name: str, version: str) -> str:
    """The tag that a worker must offer to convert with an engine: another version would give other samples."""
    return f"{name}.v{version}"
