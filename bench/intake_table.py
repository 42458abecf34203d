"""Make a small file of every kind that is accepted or refused, and print what the reader says of each."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.errors import InputError
from testing.voice_files.accepted import ACCEPTED
from testing.voice_files.case import Case
from testing.voice_files.refused import MARKER, REFUSED
from workers.engines.rvc.files.draft import Draft


def main() -> None:
    """Print the table."""
    print("| file | what it is | verdict | sentence |\n|---|---|---|---|")
    for row in rows():
        print(row, flush=True)


def rows() -> Iterator[str]:
    """One row per file."""
    for case in [*ACCEPTED, *REFUSED]:
        with TemporaryDirectory(prefix="voicefarm-bench-") as name:
            verdict, sentence = _told(case, Path(name))
            if (Path(name) / MARKER).exists():
                verdict = "**its code was run**"
        yield f"| {case.file} | {case.what} | {verdict} | {sentence.replace('|', '&#124;')} |"


def _told(case: Case, folder: Path) -> tuple[str, str]:
    try:
        return "accepted", _described(case.run(folder))
    except InputError as refusal:
        return "refused", str(refusal)


def _described(draft: Draft) -> str:
    facts = {name: fact for name, fact in draft.facts.items() if not name.endswith("sha256")}
    return f"{draft.kind}, {len(draft.weights)} tensors; " + ", ".join(
        f"{name}: {facts[name]}" for name in sorted(facts)
    )


if __name__ == "__main__":
    main()
