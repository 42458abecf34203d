"""Setting a job going that is in the records already."""

from dispatcher.cli.opening import Farm
from dispatcher.cli.saying import complain
from dispatcher.jobs.starting import start_split
from storage.errors import BrokerUnavailable


def start(farm: Farm, job: int) -> None:
    """Tell the farm of a job; one that is not up will find it by itself."""
    # Asking a private broker that is not there would take seconds.
    if not farm.settings.is_embedded or farm.settings.socket_path.exists():
        try:
            start_split(job)
        except BrokerUnavailable:
            pass
        else:
            return
    complain(f"job {job} starts once the farm is up")
