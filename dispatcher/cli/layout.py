"""How wide the columns of a table are where there is little room, and which are left out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

#: Cells between two columns.
GAP = 2
#: A column of text narrower than this would be read letter by letter.
_NARROWEST = 8
#: Sentences are not read in columns narrower than this.
_READABLE = 30
#: Words longer than this, such as names of files, are broken where there is no room.
_LONGEST_WORD = 16


@dataclass(frozen=True, slots=True)
class Need:
    """The cells that a column takes if it has all it wants, and those that it can do with."""

    wanted: int
    least: int


def need_of(widths: Collection[int], words: Collection[int], *, is_number: bool) -> Need:
    """What a column needs, given the widths of its lines and of its words; numbers are never broken."""
    wanted = max(widths, default=0)
    longest = min(max(words, default=0), _LONGEST_WORD)
    return Need(wanted, wanted if is_number else min(wanted, max(longest, _NARROWEST)))


def fitted_above(
    needs: Sequence[Need], dispensable: Sequence[int], below: int, room: int
) -> tuple[dict[int, int] | None, bool]:
    """The same where one column may go below its rows, and whether it does so rather than be narrow or cost others."""
    with_it = fitted(needs, (), room)
    if with_it and with_it[below] >= min(needs[below].wanted, _READABLE):
        return with_it, False
    without = [Need(0, 0) if place == below else need for place, need in enumerate(needs)]
    found = fitted(without, dispensable, room + GAP)
    return {place: width for place, width in found.items() if place != below} if found else None, True


def fitted(needs: Sequence[Need], dispensable: Sequence[int], room: int) -> dict[int, int] | None:
    """The places of the columns that are shown, and their widths; None if not even the indispensable ones fit.

    Columns are left out in the order in which they are dispensable, and only as many as must be.
    """
    for dropped in range(len(dispensable) + 1):
        shown = [place for place in range(len(needs)) if place not in dispensable[:dropped]]
        widths = _widths([needs[place] for place in shown], room - GAP * (len(shown) - 1))
        if widths:
            return dict(zip(shown, widths, strict=True))
    return None


def _widths(needs: Sequence[Need], room: int) -> list[int] | None:
    """The widths in this room, the widest columns narrowed first."""
    if sum(need.least for need in needs) > room:
        return None
    for most in range(max((need.wanted for need in needs), default=0), -1, -1):
        widths = [max(need.least, min(need.wanted, most)) for need in needs]
        if sum(widths) <= room:
            return widths
    return None
