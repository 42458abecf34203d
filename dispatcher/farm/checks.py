"""One check for each thing that a farm process needs; each says what it found in a sentence."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from dispatcher.farm.redis_server import find_server
from dispatcher.jobs.loading import load_jobs
from dispatcher.models.health import models_there
from storage.errors import VoicefarmError
from storage.objects.opening import open_store
from storage.records.database import Database
from storage.settings import Settings, redacted
from workers.engines import catalog
from workers.running import capability_of

if TYPE_CHECKING:
    import redis

#: Less free space than this is worth a warning: an hour of audio with its atoms and results takes about a gigabyte.
LITTLE_SPACE = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    what: str
    ok: bool
    said: str


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, one after the other; none stops the next."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("broker", _broker),
        ("database", _database),
        ("object store", _objects),
        ("disk", _disk),
        ("device", _device),
        ("engines", _engines),
        ("models", _models),
        ("farm", _farm),
    ]
    for what, check in checks:
        try:
            yield Finding(what, ok=True, said=check(settings))
        except VoicefarmError as error:
            yield Finding(what, ok=False, said=str(error))


def _broker(settings: Settings) -> str:
    if settings.is_embedded:
        return f"none is set, so a private one is started when needed: {find_server()}"
    import redis

    from storage.errors import BrokerUnavailable

    client = redis.Redis.from_url(settings.resolved_broker_url, socket_connect_timeout=5, socket_timeout=5)
    began = time.perf_counter()
    try:
        client.ping()
        policy = _eviction(client)
    except redis.RedisError as error:
        raise BrokerUnavailable(
            f"the broker {redacted(settings.broker_url)} does not answer ({error});"
            " check VOICEFARM_BROKER_URL, its password, and that Redis runs"
        ) from error
    took = (time.perf_counter() - began) * 1000
    warning = "" if policy in ("noeviction", None) else f"; set maxmemory-policy to noeviction, it is {policy}"
    return f"{redacted(settings.broker_url)} answers in {took:.0f} ms{warning}"


def _eviction(client: "redis.Redis") -> str | None:
    """What the broker does when it is full; None where this account may not ask, as is right for a worker's."""
    import redis

    try:
        return str(client.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except redis.exceptions.NoPermissionError:
        return None


def _is_worker_only(settings: Settings) -> bool:
    """A machine with a broker but no database has workers and nothing else; they need no records."""
    return not settings.is_embedded and not settings.database_url


def _database(settings: Settings) -> str:
    if _is_worker_only(settings):
        return "none is set, which is right for a machine that only has workers"
    if settings.is_embedded and not settings.database_url:
        from dispatcher.farm.embedded import prepare_records

        prepare_records(settings)
    database = Database(settings.resolved_database_url)
    database.require_revision()
    return f"{redacted(settings.resolved_database_url)} is at revision {database.revision()}"


def _objects(settings: Settings) -> str:
    store = open_store(settings)
    key = f"doctor/{uuid4().hex}"
    store.put(key, b"voicefarm")
    found = store.get(key)
    store.delete(key)
    if found != b"voicefarm" or store.find(key) is not None:
        raise VoicefarmError("the object store does not give back what was stored; check its server")
    return f"{settings.resolved_objects_url} stores, gives back and removes"


def _disk(settings: Settings) -> str:
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    for folder in (settings.state_folder, settings.scratch_folder):
        free = shutil.disk_usage(folder).free
        if free < LITTLE_SPACE:
            raise VoicefarmError(f"{folder} has only {free / 2**30:.1f} GB left; free some space")
    return f"{settings.state_folder} has {shutil.disk_usage(settings.state_folder).free / 2**30:.0f} GB left"


def _device(settings: Settings) -> str:
    capability = capability_of(settings)
    return f"{capability.device.label}; offers {', '.join(sorted(capability.offers))}"


def _engines(settings: Settings) -> str:
    """Which voices a worker of this machine can convert into; one that cannot do all is as it may be."""
    runs = capability_of(settings).engines
    cannot = [name for name in catalog.engine_names() if name not in runs]
    missing = f"; not {', '.join(cannot)}, whose framework is not installed" if cannot else ""
    return f"runs {', '.join(sorted(runs))}{missing}"


def _models(settings: Settings) -> str:
    if _is_worker_only(settings):
        return "ask where the dispatcher runs; a worker fetches what its work needs"
    database = Database(settings.resolved_database_url)
    database.require_revision()
    return models_there(database, open_store(settings))


def _farm(settings: Settings) -> str:
    from dispatcher.reports.waiting import live_offers

    if _is_worker_only(settings):
        return "ask `voicefarm workers` where the dispatcher runs"
    database = Database(settings.resolved_database_url)
    database.require_revision()
    there = len(live_offers(database))
    open_jobs = [j for j in load_jobs(database, 1000) if j.ended_at is None]
    return f"{there} workers are there, {len(open_jobs)} jobs are open"
