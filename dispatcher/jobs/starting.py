"""Telling the farm that there is a new job, or that leases are not wanted any more."""

from collections.abc import Sequence

from workers.app import app
from workers.routes import SPLIT_QUEUE, SPLIT_TASK
from workers.sending import send


def start_split(job_id: int) -> None:
    """Ask for a job's split; if the message is lost, a dispatcher's tick finds the job all the same."""
    send(app, SPLIT_TASK, SPLIT_QUEUE, job_id)


def drop(tokens: Sequence[str]) -> None:
    """Tell workers to let leases go."""
    from dispatcher.desk.desk import drop_leases

    if tokens:
        drop_leases(app, list(tokens))
