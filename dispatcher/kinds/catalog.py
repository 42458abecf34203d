"""The kinds of work, by the name in a job's row."""

from dispatcher.kinds.conversion import Conversion
from dispatcher.kinds.kind import Kind
from storage.errors import InputError

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Conversion(),)}


def kind_named(name: str) -> Kind:
    """The kind of this name; an unknown one was written by a newer farm."""
    if name not in KINDS:
        raise InputError(
            f"this dispatcher does not know the kind of work '{name}'; upgrade all dispatchers to one version"
        )
    return KINDS[name]
