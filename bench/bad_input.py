"""Try bad input of every kind and print the answers as Markdown tables: `python -m bench.bad_input`."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.errors import VoicefarmError
from testing.fuzz.bad_recordings import READ, RECORDINGS, BadRecording
from testing.fuzz.bad_requests import REQUESTS, BadRequest


def main() -> None:
    """Try all of them and print two tables."""
    _show("Recording", [*RECORDINGS, *READ])
    print()
    _show("Request", REQUESTS)


def _show(kind: str, cases: Iterable[BadRecording | BadRequest]) -> None:
    print(f"| {kind} | Answer |\n| --- | --- |")
    for case in cases:
        asked = f" (`voicefarm {case.command}`)" if isinstance(case, BadRequest) and not case.settings else ""
        given = f" (`{case.settings}`)" if isinstance(case, BadRequest) and case.settings else ""
        print(f"| {case.what}{asked}{given} | {_told(case).replace('|', '&#124;')} |", flush=True)


def _told(case: BadRecording | BadRequest) -> str:
    with TemporaryDirectory(prefix="voicefarm-bench-") as folder:
        try:
            case.tell(Path(folder))
        except VoicefarmError as refusal:
            return str(refusal).replace(folder, "…")
    return "nothing: it is read" if isinstance(case, BadRecording) else "**nothing**"


if __name__ == "__main__":
    main()
