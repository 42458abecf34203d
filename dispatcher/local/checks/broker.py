"""Whether the broker answers, lets us in, and keeps what it is given."""

import time
from typing import TYPE_CHECKING

from dispatcher.local.broker import broker_client
from dispatcher.local.finding import Said
from dispatcher.local.redis_server import find_server
from storage.settings import Settings, redacted

if TYPE_CHECKING:
    import redis


def look(settings: Settings) -> Said:
    """Connect to it as the farm would."""
    if settings.is_embedded:
        return Said(f"none is set, so a private one is started when needed: {find_server()}")
    with broker_client(settings) as client:
        began = time.perf_counter()
        client.ping()
        took = (time.perf_counter() - began) * 1000
        policy = _eviction(client)
    answers = f"{redacted(settings.broker_url)} answers in {took:.0f} ms"
    if policy in ("noeviction", None):
        return Said(answers)
    return Said(f"{answers}; set maxmemory-policy to noeviction, it is {policy}", is_note=True)


def _eviction(client: "redis.Redis") -> str | None:
    """What the broker does when it is full; None if this account may not ask, as a worker's should not."""
    import redis

    try:
        return str(client.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except redis.exceptions.NoPermissionError:
        return None
