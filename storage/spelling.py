"""What somebody probably meant by a name that does not exist: one question for all kinds of names."""

from collections.abc import Iterable
from difflib import SequenceMatcher

#: How alike two names must be, from 0 to 1, for one to be a misspelling of the other.
_ALIKE = 0.7
#: What is less alike than the nearest by more than this is not worth mentioning beside it.
_BESIDE = 0.1
#: Names that are offered at most; more would be a list to read rather than an answer.
_MOST = 3


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """A question such as `did you mean bright?`, or nothing if no known name is like it.

    A prefix that all of them have is not compared, because it would make any two of them look alike.
    """
    likeness = {other: _likeness(name.removeprefix(prefix), other.removeprefix(prefix)) for other in set(known)}
    least = max(_ALIKE, max(likeness.values(), default=0.0) - _BESIDE)
    close = [other for other in sorted(likeness, key=lambda o: (-likeness[o], o)) if likeness[other] >= least]
    return f"did you mean {' or '.join(close[:_MOST])}?" if close else ""


def guessed(sentence: str, name: str, known: Iterable[str]) -> str:
    """A sentence about a name that does not exist, followed by the question if there is one."""
    return "; ".join(filter(None, (sentence, did_you_mean(name, known))))


def _likeness(one: str, other: str) -> float:
    # Capitals are often what is wrong, but not all that is wrong.
    return SequenceMatcher(None, other.casefold(), one.casefold()).ratio()
