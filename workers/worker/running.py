"""Starts one worker: finds out what the machine is, takes a name and a queue, and serves until told to stop."""

import logging
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from celery import Celery, signals

from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.settings import Settings
from workers.engines import catalog
from workers.engines.capability import Capability, detect
from workers.wire.celery_app import build_app, named_queue
from workers.wire.dropping import HOLDERS
from workers.wire.naming import host_name, own_number
from workers.wire.routes import MEASURE_TASK
from workers.worker.node import Node, NodeName
from workers.worker.shelf import StoreShelf

logger = logging.getLogger("voicefarm.worker")


def run_worker(settings: Settings, tags: frozenset[str], only: str | None = None) -> int:
    """Serve until SIGTERM, and return the exit status."""
    app = build_app(settings)
    capability = detect(settings.tag_set | tags, only)
    with ExitStack() as held:
        store = open_store(settings)
        _warm_up(settings, capability, store)
        number = held.enter_context(own_number(settings.state_folder / "workers", capability.machine_class))
        held.enter_context(_kept_awake())
        node = Node(app, settings, capability, NodeName(capability.machine_class, number, host_name()), store)
        return _serve(app, node, settings)


def _serve(app: Celery, node: Node, settings: Settings) -> int:
    queue = node.capability.queue
    queues = [queue, node.own_queue]
    app.conf.task_queues = [named_queue(name) for name in queues]
    app.conf.task_default_queue = queue
    app.task(node.work, name=queue, shared=False)
    app.task(node.measuring.work, name=MEASURE_TASK, shared=False)
    HOLDERS.append(node.presence.drop)
    starting = signals.worker_ready.connect(lambda **_: node.start(), weak=False)
    stopping = signals.worker_shutting_down.connect(lambda **_: node.drain(), weak=False)
    try:
        # GPUs and Metal do not survive a fork, and a busy solo pool is deaf; one thread converts, others do I/O.
        worker = app.Worker(
            hostname=node.name,
            queues=queues,
            pool_cls="threads",
            concurrency=1,
            loglevel=settings.log_level,
            task_events=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
        )
        worker.start()
        return int(worker.exitcode or 0)
    finally:
        node.close()
        signals.worker_ready.disconnect(starting)
        signals.worker_shutting_down.disconnect(stopping)


def _warm_up(settings: Settings, capability: Capability, store: ObjectStore) -> None:
    """Let the engines prepare before the first lease comes, so that no lease waits for it."""
    began = time.perf_counter()
    # The folder where torch keeps compiled programs, unless the owner has chosen one.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(settings.state_folder / "compiled"))
    catalog.warm_up(capability.device.capability, StoreShelf(store))
    logger.info("warm after %.1f s", time.perf_counter() - began)


@contextmanager
def _kept_awake() -> Iterator[None]:
    """Keep a Mac from sleeping while the worker runs; elsewhere there is nothing to do."""
    if platform.system() != "Darwin":
        yield
        return
    caffeinate = subprocess.Popen(["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())])  # noqa: S603
    try:
        yield
    finally:
        with suppress(OSError):
            caffeinate.terminate()
