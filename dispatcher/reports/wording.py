"""How lengths, speeds, amounts and names of others' making are shown to people."""

#: Ends of the ranges of characters that a terminal obeys, that break lines, that reverse what stands after them, or
#: that no encoding has: C0, DEL and C1; marks of direction; line and paragraph separators; lone surrogates.
_UNSHOWN = (
    (0x00, 0x1F), (0x7F, 0x9F), (0x061C, 0x061C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2066, 0x2069),
    (0xD800, 0xDFFF),
)  # fmt: skip
#: Python keeps a byte of a file name that is no UTF-8 as such a surrogate.
_BYTES = range(0xDC80, 0xDD00)


def _shown(code: int) -> str:
    return f"\\x{code - 0xDC00:02x}" if code in _BYTES else chr(code).encode("unicode_escape").decode()


_ESCAPES = {code: _shown(code) for first, last in _UNSHOWN for code in range(first, last + 1)}


def printable(text: str) -> str:
    """The text on one line, with everything escaped that could do more to a terminal than be read."""
    return text.translate(_ESCAPES)


def printable_lines(text: str) -> str:
    """The same for text whose line breaks are meant."""
    return "\n".join(printable(line) for line in text.split("\n"))


def shown_clock(whole: int) -> str:
    """Whole seconds as 1:02:03, with as many hours as it takes."""
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def shown_duration(seconds: float | None) -> str:
    """A length such as 12.3 s or 1:02:03; nothing where it is not known."""
    if seconds is None:
        return ""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return shown_clock(whole)


def shown_factor(factor: float | None) -> str:
    """A realtime factor such as 14.2x."""
    return "" if factor is None else f"{factor:.1f}x"


def shown_share(share: float | None) -> str:
    """A share such as 98.5 %."""
    return "" if share is None else f"{100 * share:.1f} %"


def shown_count(count: int) -> str:
    """A number, or nothing for none, so that what stands out is what happened."""
    return str(count) if count else ""


def shown_memory(megabytes: float) -> str:
    """Memory such as 312 MB or 3.1 GB."""
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1024:.1f} GB"
