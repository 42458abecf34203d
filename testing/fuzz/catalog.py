"""Every door by its name."""

from testing.fuzz import (
    atom_door,
    audio_door,
    extras_door,
    message_door,
    model_door,
    request_door,
    settings_door,
    trap_door,
)
from testing.fuzz.door import Door

_OF_THE_PRODUCT = (
    audio_door.DOOR, extras_door.DOOR, model_door.DOOR, atom_door.DOOR, message_door.DOOR, settings_door.DOOR,
    request_door.DOOR,
)  # fmt: skip
#: The doors of the product, without the trap.
PRODUCT = [door.name for door in _OF_THE_PRODUCT]
DOORS: dict[str, Door] = {door.name: door for door in (*_OF_THE_PRODUCT, trap_door.DOOR)}
