"""Keeps secrets out of everything that is shown: URLs, and texts that may quote them in any spelling."""

import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

#: Shown in place of a secret.
HIDDEN = "***"
#: Shorter secrets cannot be told from ordinary words, and hiding them would black out half of any text.
SHORTEST_SECRET = 4
#: Passwords that everybody tries first; hiding them would protect nothing and garble the farm's own sentences.
NO_SECRETS = frozenset({"voicefarm", "redis", "rediss", "postgres", "postgresql", "password", "host", "user"})
#: Where a program may split a URL, rightly or not: an error about a URL quotes what it took for a part of it.
_CUTS = re.compile("[:/?#@]")
_URL = re.compile(r"([A-Za-z][\w+.-]*://)(.*)", re.DOTALL)
#: A host with or without a port, and a path; for some brokers several, separated by semicolons.
_PLACE = re.compile(r"(\[[^\]]*\]|[^:/\[]*)(:\d*)?(/.*)?", re.DOTALL)


def redacted(value: str) -> str:
    """A placeholder for a secret; in a URL only the password is hidden."""
    if not value:
        return ""
    # Not urlsplit: a password that was not percent-encoded, as in `redis://:a/b@host`, must not slip through either.
    found = _URL.fullmatch(value)
    if not found:
        return "(set)"
    scheme, rest = found.groups()
    who, at, where = _halves(rest)
    if "?" in who:
        # A password in the query or a question mark in a password: there is no telling which.
        return scheme + HIDDEN
    if where.startswith("/") and re.search(":.*@", where, re.DOTALL):
        # One slash too many before user and host, or a path that looks like it.
        return scheme + HIDDEN
    user, *hidden = re.split("[:/#@]", who, maxsplit=1)
    return scheme + user + (f":{HIDDEN}" if hidden else "") + at + _place(re.split("[?#]", where, maxsplit=1)[0])


def redacted_place(value: str) -> str:
    """The same for an address that usually holds no secret: one without a scheme is shown as it is."""
    return redacted(value) if "://" in value or "@" in value else value


def secrets_of_url(url: str) -> Iterator[str]:
    """Everything in a URL that is or could be a password."""
    found = _URL.fullmatch(url)
    rest = found[2] if found else url
    before, _, query = rest.partition("?")
    yield from (value for name, value in parse_qsl(query) if re.search("pass|secret|key|token", name))
    # A question mark may belong to the password, so the URL is read both ways.
    for text in (rest, before):
        who, at, where = text.rpartition("@")
        if not found:
            yield _CUTS.split(text, maxsplit=1)[-1]
        elif at and (":" in who or not text.startswith("/")):
            yield from _CUTS.split(who, maxsplit=1)[1:]
        elif not at and _place(where) != where:
            yield where.partition(":")[2]


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """A text in which each of these secrets is hidden, however it is spelt, and so are its parts."""
    return _pattern(frozenset(secrets)).sub(HIDDEN, text)


@lru_cache(maxsize=2)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    whole = {spelling for secret in secrets for spelling in _spellings(secret)}
    parts = {part for secret in secrets for part in _CUTS.split(secret)} - secrets
    # The longest first, because hiding a part first would leave the rest of the whole secret.
    wanted = [re.escape(w) for w in _long(whole)] + [rf"(?<!\w){re.escape(p)}(?!\w)" for p in _long(parts)]
    return re.compile("|".join(wanted) or r"(?!)")


def _halves(rest: str) -> tuple[str, str, str]:
    return ("", "", rest) if rest.startswith("/") else rest.rpartition("@")


def _place(where: str) -> str:
    """A host and what follows; anything but a port after the colon is hidden, because it may be a password."""
    if all(_PLACE.fullmatch(place) and not re.match(r":\d", place) for place in where.split(";")):
        return where
    return where.partition(":")[0] + f":{HIDDEN}"


def _spellings(secret: str) -> Iterator[str]:
    for plain in (secret, unquote(secret), unquote_plus(secret)):
        yield from (plain, quote(plain, safe=""), quote(plain), quote_plus(plain))
        yield from (repr(plain)[1:-1], json.dumps(plain)[1:-1])


def _long(found: Collection[str]) -> list[str]:
    return sorted((t for t in found if len(t) >= SHORTEST_SECRET and t not in NO_SECRETS), key=len, reverse=True)
