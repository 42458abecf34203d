"""A process that reads one queue as a worker does, and writes what it receives to a file."""

import json
import sys
from pathlib import Path

from storage.settings import Settings
from workers.wire.celery_app import build_app, named_queue
from workers.wire.rubbish import rubbish


def read(url: str, queue: str, file: Path) -> None:
    """Serve until told to stop."""
    app = build_app(Settings(broker_url=url))
    app.conf.task_queues = [named_queue(queue)]
    app.conf.task_default_queue = queue
    dropped = 0

    def take(*arguments: object) -> None:
        nonlocal dropped
        dropped += sum(rubbish.take().values())
        with file.open("a", encoding="utf-8") as taken:
            taken.write(json.dumps([dropped, *arguments]) + "\n")

    app.task(take, name=queue, shared=False)
    app.Worker(
        hostname="reader@test", queues=[queue], pool_cls="threads", concurrency=1, without_mingle=True,
        without_gossip=True, quiet=True, loglevel="WARNING",
    ).start()  # fmt: skip


if __name__ == "__main__":
    read(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
