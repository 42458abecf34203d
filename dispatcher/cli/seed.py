"""What several of a farm's processes grow from: imports what all of them need, and forks into each.

No command for people: `dispatcher/local/forking.py` starts it, and says on its standard input what to become.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from dispatcher.cli.main import main
from storage.private import open_private

#: What serving imports, sooner or later, in a desk, a studio or a worker; last what Celery does only as it starts, of
#: which the parser that a studio's processes use takes longest.
NEEDED = (
    "dispatcher.cli.serve", "dispatcher.desk.running", "dispatcher.studio.running", "dispatcher.studio.tasks",
    "workers.worker.running", "workers.engines.rvc.engine", "workers.engines.world.engine",
    "celery.events.receiver", "celery.worker.consumer", "billiard.pool", "kombu.pidbox", "cffi.cparser",
)  # fmt: skip
#: Seconds between two looks at whether the seed is gone.
LOOK_AGAIN = 0.002


def sprout() -> bool:
    """Fork as often as asked; true in the new processes, whose arguments are set, and false in the one that forked."""
    request: dict[str, Any] = json.load(sys.stdin)
    for module in NEEDED:
        import_module(module)
    # What all share stays shared if no search for garbage ever writes to it.
    gc.collect()
    gc.freeze()
    waiting, starting = os.pipe()
    seed, pids = os.getpid(), []
    for wanted in request["children"]:
        pid = os.fork()
        if not pid:
            os.close(starting)
            _become(wanted["arguments"], Path(wanted["log"]))
            _wait_until_adopted(waiting, seed, request["host"])
            return True
        pids.append(pid)
    sys.stdout.write(json.dumps(pids))
    sys.stdout.flush()
    os.write(starting, bytes(len(pids)))
    return False


def _become(arguments: Sequence[str], log: Path) -> None:
    """Be a process like one started anew, with these arguments."""
    os.setsid()
    with open_private(log) as opened, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(opened.fileno(), 1)
        os.dup2(opened.fileno(), 2)
    sys.argv[1:] = arguments


def _wait_until_adopted(waiting: int, seed: int, host: int) -> None:
    """Go on only as a child of the host, which knows of us by then; else end."""
    told = os.read(waiting, 1)
    os.close(waiting)
    while told and os.getppid() == seed:
        time.sleep(LOOK_AGAIN)
    if not told or os.getppid() != host:
        os._exit(1)


if __name__ == "__main__" and sprout():
    main()
