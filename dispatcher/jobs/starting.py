"""Telling the farm that there is a new job, or that leases are not wanted any more."""

from collections.abc import Sequence

from dispatcher.jobs.ending import Drop, by_workers
from workers.app import app
from workers.routes import SPLIT_QUEUE, SPLIT_TASK, about_stage
from workers.sending import drop_leases, send


def start_split(job_id: int) -> None:
    """Ask for a job's split; if the message is lost, a dispatcher's tick finds the job all the same."""
    send(app, SPLIT_TASK, SPLIT_QUEUE, job_id, about=about_stage(SPLIT_TASK, job_id))


def drop(drops: Sequence[Drop]) -> None:
    """Tell workers to let leases go."""
    drop_leases(app, by_workers(drops))
