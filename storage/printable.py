"""Makes foreign text safe to show to people: a terminal obeys nothing in it."""

import re

#: First and last characters of the ranges that a terminal obeys, that break lines, that reverse the text after them, or
#: that no encoding has: C0, DEL and C1; direction marks; line and paragraph separators; lone surrogates.
_UNSHOWN = (
    (0x00, 0x1F), (0x7F, 0x9F), (0x061C, 0x061C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2066, 0x2069),
    (0xD800, 0xDFFF),
)  # fmt: skip
#: Surrogates with which Python keeps the bytes of a file name that is not valid UTF-8.
_BYTES = range(0xDC80, 0xDD00)


def _shown(code: int) -> str:
    return f"\\x{code - 0xDC00:02x}" if code in _BYTES else chr(code).encode("unicode_escape").decode()


_ESCAPES = {code: _shown(code) for first, last in _UNSHOWN for code in range(first, last + 1)}


def printable(text: str) -> str:
    """The text on one line, with every character escaped that a terminal would obey."""
    return text.translate(_ESCAPES)


def printable_lines(text: str) -> str:
    """The same for text whose line breaks are kept."""
    return "\n".join(printable(line) for line in text.split("\n"))


def storable(text: str) -> str:
    """The text in a form that every database can hold: without NULs, and with bytes that are not UTF-8 escaped."""
    return re.sub("[\ud800-\udfff]", lambda found: printable(found[0]), text.replace("\0", ""))
