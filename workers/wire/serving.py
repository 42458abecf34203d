"""A process on the dispatcher's side that serves queues until it is told to stop."""

from collections.abc import Sequence

from celery import Celery

from storage.settings import Settings
from workers.wire.celery_app import named_queue
from workers.wire.dropping import obey_questions_only
from workers.wire.naming import host_name, own_number


def serve_queues(
    app: Celery, settings: Settings, kind: str, queues: Sequence[str], *, pool: str, concurrency: int
) -> int:
    """Serve queues until told to stop, and return the exit status."""
    # A dispatcher receives every command meant for workers, and must obey none that could silence it.
    obey_questions_only()
    app.conf.task_queues = [named_queue(queue) for queue in queues]
    app.conf.task_default_queue = queues[0]
    with own_number(settings.state_folder / "dispatchers", kind) as number:
        worker = app.Worker(
            hostname=f"{kind}-{number}@{host_name()}",
            queues=list(queues),
            pool_cls=pool,
            concurrency=concurrency,
            loglevel=settings.log_level,
            task_events=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
        )
        worker.start()
        return int(worker.exitcode or 0)
