"""The schemas of a benchmark's files, as they lie in docs/schemas: `python -m tests.benchmarks.schemas` writes them."""

import json
from pathlib import Path

from dispatcher.benchmarks.documents import file_names, schema_of

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def text_of(name: str) -> str:
    return json.dumps(schema_of(name), indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file in file_names():
        (FOLDER / file).write_text(text_of(file), encoding="utf-8")
