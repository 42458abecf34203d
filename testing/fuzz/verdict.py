"""How an input ended, and what is wrong with the sentence of an error."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from testing.fuzz.door import Door

#: Characters; anything longer is not a sentence for a person.
LONGEST = 1_000
_NOT_FOR_PEOPLE = {
    "words of a traceback": re.compile(r"Traceback|File \"|\bline \d+, in |<module>"),
    "an object's address": re.compile(r"<_io\.|\b0x[0-9a-fA-F]{6,}|<[\w.]+ object"),
    "an error's class": re.compile(r"\b[A-Z]\w+(?:Error|Exception)\b(?!')"),
    "several lines": re.compile(r"[\r\n\v\f]"),
}


class Ending(StrEnum):
    """How an input ended; the first two are good."""

    VALUE = "value"
    REFUSAL = "refusal"
    FOREIGN = "foreign exception"
    SENTENCE = "bad sentence"
    HUNGRY = "too much memory"
    HANG = "hang"
    CRASH = "crash"


GOOD = frozenset({Ending.VALUE, Ending.REFUSAL})


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an input ended, and the words of its error."""

    ending: Ending
    said: str = ""


def judged(door: Door, content: bytes) -> Verdict:
    """Push one input through the door."""
    with TemporaryDirectory(prefix="voicefarm-fuzz-") as folder:
        try:
            door.open(content, Path(folder))
        except door.refusal as refusal:
            faults = list(faults_of(str(refusal), door.secrets))
            if faults:
                return Verdict(Ending.SENTENCE, f"{', '.join(faults)}: {str(refusal)[:LONGEST]}")
            return Verdict(Ending.REFUSAL, str(refusal))
        except Exception as error:  # noqa: BLE001 - unforeseen errors are what we look for
            return Verdict(Ending.FOREIGN, _origin(error))
    return Verdict(Ending.VALUE)


def faults_of(sentence: str, secrets: tuple[str, ...] = ()) -> Iterator[str]:
    """What is in a sentence that must not be in one for a person."""
    if not sentence.strip():
        yield "nothing said"
    if len(sentence) >= LONGEST:
        yield f"{len(sentence)} characters"
    yield from (what for what, pattern in _NOT_FOR_PEOPLE.items() if pattern.search(sentence))
    if any(secret in sentence for secret in secrets):
        yield "a secret"


def _origin(error: BaseException) -> str:
    """The error's class, innermost place and words, which tell findings apart."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}: {str(error)[:200]}"
