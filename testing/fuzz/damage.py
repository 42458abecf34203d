"""Damage to the bytes of a good file; it knows nothing of formats beyond where sizes may be."""

import re
from collections.abc import Callable, Sequence
from random import Random

#: Numbers at which sums and products of sizes overflow.
_EXTREMES = (0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0,
             0xFFFF_FFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 8, (1 << 64) - 1)  # fmt: skip
#: Names of chunks and boxes, which have sizes beside them.
_NAME = re.compile(rb"[A-Za-z0-9 ]{4}")
_DIGITS = re.compile(rb"\d{2,20}(?:\.\d+)?")
#: Bytes at either end that contain most of a file's structure.
_END = 512
_LONGEST_RUN = 256


def damaged(content: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """One to six changes, one after another."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        if others and random.random() < 0.1:
            changed = _spliced(changed, random, random.choice(others))
        elif changed:
            random.choice(_CHANGES)(changed, random)
    return bytes(changed)


def _place(content: bytearray, random: Random) -> int:
    """A random place, more often near the ends."""
    near = random.random()
    if near < 0.5:
        return random.randrange(min(len(content), _END))
    if near < 0.65:
        return len(content) - 1 - random.randrange(min(len(content), _END))
    return random.randrange(len(content))


def _run(content: bytearray, random: Random) -> slice:
    start = _place(content, random)
    return slice(start, min(len(content), start + 1 + int(_LONGEST_RUN ** random.random())))


def _flip(content: bytearray, random: Random) -> None:
    for _ in range(random.randint(1, 8)):
        content[_place(content, random)] ^= 1 << random.randrange(8)


def _overwrite(content: bytearray, random: Random) -> None:
    run = _run(content, random)
    size = len(content[run])
    content[run] = random.choice((bytes(size), b"\xff" * size, random.randbytes(size)))


def _cut(content: bytearray, random: Random) -> None:
    del content[_place(content, random) :]


def _leave_out(content: bytearray, random: Random) -> None:
    del content[_run(content, random)]


def _repeat(content: bytearray, random: Random) -> None:
    run = _run(content, random)
    content[run.start : run.start] = content[run] * random.choice((1, 1, 2, 50))


def _put_in(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    content[at:at] = random.randbytes(random.choice((1, 2, 4, 8, 64)))


def _lie(content: bytearray, random: Random) -> None:
    """Write another number anywhere."""
    _write_number(content, random, _place(content, random))


def _lie_about_size(content: bytearray, random: Random) -> None:
    """Write another number beside a name of four letters, where RIFF, IFF, CAF and MP4 have their sizes."""
    names = [found.start() for found in _NAME.finditer(content)]
    if names:
        _write_number(content, random, max(0, random.choice(names[:40] + names[-40:]) + random.choice((-4, 4, 4, 8))))


def _write_number(content: bytearray, random: Random, at: int) -> None:
    width = random.choice((1, 2, 2, 4, 4, 4, 8))
    number = random.choice((*_EXTREMES, len(content), len(content) - at, random.getrandbits(64)))
    number = (number + random.choice((0, 0, 0, -1, 1))) % (1 << (8 * width))
    content[at : at + width] = number.to_bytes(width, random.choice(("little", "big")))


def _write_other_words(content: bytearray, random: Random) -> None:
    """Replace a number written in digits, as in tags and text headers."""
    numbers = list(_DIGITS.finditer(content))
    if numbers:
        found = random.choice(numbers)
        words = random.choice((b"nan", b"inf", b"-1", b"1e9", b"9" * len(found[0]), b"0", b"", b" "))
        content[found.start() : found.end()] = random.choice((words, words.ljust(len(found[0]))[: len(found[0])]))


def _swap(content: bytearray, random: Random) -> None:
    one, other = sorted((_run(content, random), _run(content, random)), key=lambda run: run.start)
    if one.stop <= other.start:
        first, second = content[one], content[other]
        content[other], content[one] = first, second


def _spliced(content: bytearray, random: Random, other: bytes) -> bytearray:
    """The beginning of one file joined to the end of another."""
    return content[: random.randrange(len(content) + 1)] + other[random.randrange(len(other) + 1) :]


_CHANGES: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _flip, _overwrite, _cut, _leave_out, _repeat, _put_in, _lie, _lie, _lie_about_size, _lie_about_size, _swap,
    _write_other_words,
)  # fmt: skip
