"""Correct checksums, so that damage gets past them to the code behind."""

import zlib

_PAGE = b"OggS"
_HEADER, _SERIAL_AT, _SUM_AT, _COUNT_AT = 27, 14, 22, 26  # bytes of an Ogg page
_MOMENT_AT = 8  # bytes after the name of a PEAK chunk
_REVERSED = [int(f"{byte:08b}"[::-1], 2) for byte in range(256)]
_MIRROR = bytes(_REVERSED)


def with_ogg_sums(content: bytes) -> bytes:
    """The same file with the correct sum in every page."""
    pages = content.split(_PAGE)
    return pages[0] + b"".join(_page(_PAGE + rest) for rest in pages[1:])


def settled(content: bytes) -> bytes:
    """The same recording without the time and the random number that libsndfile writes into it."""
    head, peak, rest = content.partition(b"PEAK")
    if peak:
        content = head + peak + rest[:_MOMENT_AT] + bytes(4) + rest[_MOMENT_AT + 4 :]
    if not content.startswith(_PAGE):
        return content
    serial = content[_SERIAL_AT : _SERIAL_AT + 4]
    return with_ogg_sums(content.replace(serial, bytes(4)))


def _page(page: bytes) -> bytes:
    if len(page) < _HEADER:
        return page
    end = _HEADER + page[_COUNT_AT]
    end += sum(page[_HEADER:end])
    blank = page[:_SUM_AT] + bytes(4) + page[_SUM_AT + 4 : end]
    return page[:_SUM_AT] + _sum(blank).to_bytes(4, "little") + page[_SUM_AT + 4 :]


def _sum(page: bytes) -> int:
    """Ogg's CRC, which is zlib's with every bit mirrored and nothing inverted at either end."""
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{mirrored:032b}"[::-1], 2)
