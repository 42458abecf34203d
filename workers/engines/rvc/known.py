"""What voices have in common of an atom: found out for one of them, it need not be found out for the next."""

from collections.abc import Mapping

from workers.engines.rvc.arriving import Arriving, Here
from workers.engines.samples import Array


class Known:
    """Arrays by name: those that are known, and those that are found out now if anybody will ask for them again."""

    def __init__(self, given: Mapping[str, Array] | None) -> None:
        self.given = {} if given is None else given
        self.is_wanted = given is not None
        self.found: dict[str, Arriving] = {}

    def get(self, name: str, length: int) -> Array | None:
        """What is known under this name, if it is for so many frames."""
        array = self.given.get(name)
        return array if array is not None and len(array) == length else None

    def note(self, name: str, array: Array) -> None:
        """Something was found out."""
        self.note_arriving(name, Here(array))

    def note_arriving(self, name: str, array: Arriving) -> None:
        """Something was found out that is still on its way from the device."""
        if self.is_wanted:
            self.found[name] = array

    def whole(self) -> dict[str, Array]:
        """All that the next voice needs, or nothing if it was known before."""
        if not self.found:
            return {}
        return {**self.given, **{name: array.here() for name, array in self.found.items()}}
