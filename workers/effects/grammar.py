"""Chains as people write them: `highpass 80 | eq 3k +2 q=1.5 | limit -1`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from storage.errors import InputError
from storage.spelling import did_you_mean
from workers.effects.catalog import BY_NAME
from workers.effects.effect import Chain, Effect
from workers.effects.settings import Entry, entries_of

#: Effects of one chain; whoever wants more does not mean it.
MOST_EFFECTS = 32
_WORD = re.compile(r"[^\s|]+")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    at: int
    """Its first character's number, from 1."""


def read_chain(text: str, named: Mapping[str, str] | None = None) -> Chain:
    """The chain that somebody has written; names of chains stand for what they were given to."""
    effects: list[Effect] = []
    for words, at in _links(text):
        if not words:
            raise InputError(f"there is no effect at character {at} of {text!r}; write one, or take the | away")
        if named and len(words) == 1 and words[0].text in named:
            effects += read_chain(named[words[0].text]).effects
        else:
            effects.append(_effect(words, text, named or {}))
    if len(effects) > MOST_EFFECTS:
        raise InputError(f"{len(effects)} effects are too many for one chain; leave all but {MOST_EFFECTS} out")
    return Chain(tuple(effects))


def _links(text: str) -> Iterator[tuple[list[_Word], int]]:
    """The words between bars, and where each part begins; a text of nothing has no parts."""
    start = 0
    if not text.strip():
        return
    for part in text.split("|"):
        yield [_Word(found.group(), start + found.start() + 1) for found in _WORD.finditer(part)], start + 1
        start += len(part) + 1


def _effect(words: list[_Word], text: str, named: Mapping[str, str]) -> Effect:
    first = words[0]
    kind = BY_NAME.get(first.text.lower())
    if kind is None:
        known = [*BY_NAME, *named]
        advice = did_you_mean(first.text, known) or f"there are {', '.join(known)}"
        raise _wrong(f"there is no effect {first.text!r}", first, text, advice)
    entries = {entry.name: entry for entry in entries_of(kind)}
    values: dict[str, float] = {}
    for word in words[1:]:
        entry, written = _setting(word, kind.name, entries, values, text)
        try:
            value = entry.read(written)
            entry.check(kind.name, value)
        except InputError as error:
            raise _placed(str(error), word, text) from error
        values[entry.name] = value
    missing = [entry for entry in entries.values() if entry.is_needed and entry.name not in values]
    if missing:
        entry = missing[0]
        raise _wrong(f"{kind.name} lacks its {entry.name}", first, text, f"write {entry.meaning}, {entry.range}")
    return kind(**values)


def _setting(
    word: _Word, effect: str, entries: Mapping[str, Entry], values: Mapping[str, float], text: str
) -> tuple[Entry, str]:
    """Which setting a word means, and what it says of it: by its name, or the next one in their order."""
    name, is_named, written = word.text.partition("=")
    if not is_named:
        left = [entry for entry in entries.values() if entry.name not in values]
        if not left:
            raise _wrong(f"{effect} has no setting for {word.text!r}", word, text, "take it away")
        return left[0], word.text
    entry = entries.get(name.lower())
    if entry is None:
        known = did_you_mean(name, entries) or (f"it has {', '.join(entries)}" if entries else "it has none")
        raise _wrong(f"{effect} has no setting {name!r}", word, text, known)
    if entry.name in values:
        raise _wrong(f"{effect} has its {entry.name} twice", word, text, "leave one out")
    return entry, written


def _wrong(what: str, word: _Word, text: str, advice: str) -> InputError:
    return _placed(f"{what}; {advice}", word, text)


def _placed(sentence: str, word: _Word, text: str) -> InputError:
    return InputError(f"at character {word.at} of {text!r}: {sentence}")
