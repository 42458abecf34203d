"""Starting a studio: a process that has child processes work on whole recordings."""

import os

from storage.records.database import Database
from storage.settings import Settings
from workers.wire.routes import SPLIT_QUEUE, STITCH_QUEUE

#: A long split must not hold up the stitch of a job that is ready. Processes and not threads: decoders and encoders are
#: written in C and read what strangers made, and where one of them crashes it must end one job's work and no other's.
FEWEST = 2
#: Cores for each further process: on a machine that also converts, most of them belong to the workers.
CORES_EACH = 4


def processes(settings: Settings, cores: int) -> int:
    """How many recordings a studio works on at a time, on a machine of so many cores."""
    return settings.studios or max(FEWEST, cores // CORES_EACH)


def run_studio(settings: Settings) -> int:
    """Serve the queues of long work until told to stop."""
    # Whoever only asks how many processes there are needs no Celery.
    from workers.wire.celery_app import build_app
    from workers.wire.serving import serve_queues

    app = build_app(settings)
    database = Database(settings.resolved_database_url)
    database.require_revision()
    database.close()
    # Imported here for forked children; others import it by name.
    import dispatcher.studio.tasks  # noqa: F401

    app.conf.include = ("dispatcher.studio.tasks",)
    queues, at_a_time = [SPLIT_QUEUE, STITCH_QUEUE], processes(settings, os.cpu_count() or 1)
    return serve_queues(app, settings, "studio", queues, pool="prefork", concurrency=at_a_time)
