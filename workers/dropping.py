"""The remote control command by which leases are taken back; every node of the farm understands it."""

from collections.abc import Callable
from typing import Any

from celery.worker.control import control_command

from workers.routes import DROP_COMMAND

#: Who in this process may hold leases; empty in a dispatcher, which hears the command like everybody.
HOLDERS: list[Callable[[list[str]], None]] = []


@control_command(name=DROP_COMMAND, args=[("tokens", list)])  # type: ignore[untyped-decorator, unused-ignore]
def drop_leases(state: Any, tokens: list[str]) -> dict[str, str]:  # noqa: ARG001 - Celery's own state
    """Let leases go that the dispatcher has given to somebody else or cancelled."""
    for drop in HOLDERS:
        drop(tokens)
    return {"ok": "dropped"}
