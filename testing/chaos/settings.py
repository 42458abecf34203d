"""The settings of farms that suffer faults: short atoms and leases, so that much can always go wrong."""

from typing import Any

#: Faults come thousands of times more often than in any real farm, so an atom gets more tries than it would there.
CHAOS: dict[str, Any] = {
    "atom_seconds": 3.0,
    "lease_seconds": 3.0,
    "lost_after_seconds": 4.0,
    "heartbeat_seconds": 0.5,
    "max_attempts": 40,
}
