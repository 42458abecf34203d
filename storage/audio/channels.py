"""Which channels of a recording are converted, as people choose them."""

from dataclasses import dataclass

from storage.errors import InputError

MIX, EACH = "mix", "each"
#: What people call the first two channels.
_SIDES = {"left": "1", "right": "2"}
#: Digits of the largest number that is read as a channel's; no recording has that many.
_MOST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Channels:
    """A choice of channels; its text is `mix`, `each`, or the number of one channel, counted from 1."""

    text: str = MIX

    @classmethod
    def of(cls, text: str) -> "Channels":
        """The choice that somebody names."""
        name = text.strip().lower()
        name = _SIDES.get(name, name)
        if name in (MIX, EACH):
            return cls(name)
        if name.isascii() and name.isdecimal() and len(name) <= _MOST_DIGITS and int(name) > 0:
            return cls(str(int(name)))
        raise InputError(
            f"'{text}' is no choice of channels; choose {MIX}, left, right, {EACH}, or a channel's number from 1"
        )

    @property
    def number(self) -> int | None:
        """The one channel that is meant, if it is one."""
        return int(self.text) if self.text.isdecimal() else None

    @property
    def is_each(self) -> bool:
        """Whether every channel is converted by itself."""
        return self.text == EACH

    def within(self, count: int, name: str) -> "Channels":
        """The choice for a recording with this many channels; where there is one, it leaves nothing to choose."""
        if self.number is not None and self.number > count:
            there = "one channel" if count == 1 else f"{count} channels"
            offer = f"choose {MIX}" if count == 1 else f"choose a number up to {count}"
            raise InputError(f"{name} has {there}, so channel {self.number} cannot be converted; {offer}")
        return Channels() if count == 1 else self

    def streams(self, count: int) -> int:
        """How many streams of sound a recording with this many channels is converted as."""
        return count if self.is_each else 1


#: What is chosen where nobody chooses.
ALL_MIXED = Channels()
