"""The broadcast extension of a WAV: who recorded it when, and at which sample after midnight it begins."""

import struct

from storage.extras.extras import Step

#: Description, originator, its reference, date, time, time reference (two halves), version, UMID, loudness, reserve;
#: behind them comes the coding history.
_LAYOUT = struct.Struct("<256s32s32s10s8sIIH64s10s180s")
_LARGEST = (1 << 64) - 1
#: The tags that FFmpeg and others make of it.
TAGS = frozenset({"description", "originator", "originator_reference", "origination_date", "origination_time",
                  "time_reference", "coding_history", "umid"})  # fmt: skip
#: The version from which on five loudness values follow the UMID, and what stands there when nobody has measured.
_WITH_LOUDNESS = 2
_UNMEASURED = struct.pack("<5h", *[0x7FFF] * 5)


def adapted(bext: bytes, step: Step) -> bytes:
    """The chunk as the result has it: the same moment counted in its own samples, one step more in its history."""
    *told, low, high, version, umid, loudness, reserve = _LAYOUT.unpack(bext[: _LAYOUT.size].ljust(_LAYOUT.size, b"\0"))
    moment = min(step.moved(low | high << 32), _LARGEST)
    if version >= _WITH_LOUDNESS:
        loudness = _UNMEASURED
    head = _LAYOUT.pack(*told, moment & 0xFFFF_FFFF, moment >> 32, version, umid, loudness, reserve)
    return head + _longer_history(bext[_LAYOUT.size :], step)


def tags_of(bext: bytes, step: Step) -> dict[str, str]:
    """What formats without this chunk can say of it, as tags; numbers are the result's."""
    content = adapted(bext, step)
    description, originator, reference, date, time, low, high, *_ = _LAYOUT.unpack(content[: _LAYOUT.size])
    found = {
        "description": _text(description),
        "originator": _text(originator),
        "originator_reference": _text(reference),
        "origination_date": _text(date),
        "origination_time": _text(time),
        "time_reference": str(low | high << 32),
        "coding_history": _text(content[_LAYOUT.size :]),
        "date": _text(date),
    }
    return {name: text for name, text in found.items() if text}


def from_tags(tags: dict[str, str], step: Step) -> bytes:
    """The chunk, where tags came from one, as FFmpeg and other programs write them into FLAC; else nothing."""
    moment = tags.get("time_reference", "")
    if not (moment.isdecimal() and moment.isascii() and len(moment) <= 20 and int(moment) <= _LARGEST):
        return b""

    def field(name: str) -> bytes:
        return tags.get(name, "").encode("ascii", "replace")

    position = int(moment)
    raw = _LAYOUT.pack(
        field("description") or field("comment"), field("originator"), field("originator_reference"),
        field("origination_date") or field("date"), field("origination_time"),
        position & 0xFFFF_FFFF, position >> 32, 1, b"", b"", b"",
    )  # fmt: skip
    return adapted(raw + field("coding_history"), step)


def _longer_history(history: bytes, step: Step) -> bytes:
    before = history.partition(b"\0")[0]
    if before and not before.endswith(b"\n"):
        before += b"\r\n"
    mode = {1: ",M=mono", 2: ",M=stereo"}.get(step.channels, "")
    line = f"A=PCM,F={step.rate_out},W={step.bits}{mode},T=voicefarm\r\n".encode("ascii")
    # libsndfile reads no RF64 in which such a chunk has an odd length.
    return before + line + b"\0" * ((len(before) + len(line)) % 2)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace").strip()
