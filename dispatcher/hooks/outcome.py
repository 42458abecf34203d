"""What came of a try to tell somebody."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why it failed, if it did."""

    said: str = ""
    is_final: bool = False
    """Whether trying again is no use."""

    @property
    def is_good(self) -> bool:
        """Whether the notice is delivered."""
        return not self.said


DELIVERED = Outcome()
