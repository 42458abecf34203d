"""The iXML chunk of a WAV: what the recorder and the film set say of a take, changed only where samples are counted.

It is changed as text, not parsed: what else is in it stays to the letter, and no parser reads a stranger's XML.
"""

import re

from storage.extras.extras import Step

#: Elements that count samples, as pairs of a lower and an upper half of 32 bits.
_HALVES = (
    ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO", "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI"),
    ("BWF_TIME_REFERENCE_LOW", "BWF_TIME_REFERENCE_HIGH"),
    ("SYNC_POINT_LOW", "SYNC_POINT_HIGH"),
)
#: Elements that are rates, or count samples in one number.
_SCALED = ("FILE_SAMPLE_RATE", "TIMESTAMP_SAMPLE_RATE", "SYNC_POINT_EVENT_DURATION")
_LARGEST = (1 << 64) - 1
_COUNT = re.compile(r"<TRACK_COUNT>\s*([0-9]{1,5})\s*</TRACK_COUNT>")


def adapted(ixml: bytes, step: Step) -> bytes:
    """The chunk as the result has it; nothing if it is in no encoding of text."""
    encoding = "utf-16" if ixml[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = ixml.decode(encoding).rstrip("\0")
    except UnicodeDecodeError:
        # One byte for each letter: whatever it means, it comes back as it was.
        encoding, text = "latin-1", ixml.decode("latin-1").rstrip("\0")
    for low, high in _HALVES:
        text = _moved(text, low, high, step)
    for name in _SCALED:
        text = _element(name).sub(lambda found: f"{found[1]}{step.moved(int(found[2]))}{found[3]}", text)
    text = _element("AUDIO_BIT_DEPTH").sub(lambda found: f"{found[1]}{step.bits}{found[3]}", text)
    content = _without_stale(text, step).encode(encoding)
    # libsndfile reads no RF64 in which such a chunk has an odd length.
    return content if len(content) % 2 == 0 else content + b"\n"


def _moved(text: str, low: str, high: str, step: Step) -> str:
    """The text with every number that is split into these halves moved; they come in pairs, in either order."""
    lows, highs = list(_element(low).finditer(text)), list(_element(high).finditer(text))
    changes: list[tuple[re.Match[str], int]] = []
    for place, found in enumerate(lows):
        upper = highs[place] if place < len(highs) else None
        whole = min(step.moved(int(found[2]) + (int(upper[2]) << 32 if upper else 0)), _LARGEST)
        changes.append((found, whole & 0xFFFF_FFFF if upper else whole))
        if upper:
            changes.append((upper, whole >> 32))
    parts, at = [], 0
    for found, value in sorted(changes, key=lambda change: change[0].start()):
        parts += [text[at : found.start(2)], str(value)]
        at = found.end(2)
    return "".join(parts) + text[at:]


def _without_stale(text: str, step: Step) -> str:
    """Leave out what was measured on a sound that is no more, and the list of tracks unless the result has as many."""
    text = _without(text, "LOUDNESS")
    first, last = _span(text, "TRACK_LIST")
    count = _COUNT.search(text, first, last)
    return text if count is None or int(count[1]) == step.channels else _without(text, "TRACK_LIST")


def _without(text: str, name: str) -> str:
    first, last = _span(text, name)
    return text[:first] + text[last:]


def _span(text: str, name: str) -> tuple[int, int]:
    """Where the first element of this name is; nowhere if there is none."""
    first = text.find(f"<{name}>")
    last = text.find(f"</{name}>", first)
    return (0, 0) if first < 0 or last < 0 else (first, last + len(name) + 3)


def _element(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<{name}>\s*)([0-9]{{1,20}})(\s*</{name}>)")
