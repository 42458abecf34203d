"""The farm's address book: names of queues and tasks, and the tags in which workers say what they offer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

#: Ticks and feeding, reports, and heartbeats: short messages, answered within milliseconds. The desk takes one of each
#: in turn, so that a flood of one kind does not hold up the others.
DESK_QUEUE = "dispatcher"
REPORT_QUEUE = "dispatcher.reports"
HEARTBEAT_QUEUE = "dispatcher.heartbeats"
#: Long work on whole recordings, kept apart so that it never blocks the desk.
SPLIT_QUEUE = "split"
STITCH_QUEUE = "stitch"

HEARTBEAT_TASK = "dispatcher.heartbeat"
REPORT_TASK = "dispatcher.report"
FEED_TASK = "dispatcher.feed"
SPLIT_TASK = "dispatcher.split"
STITCH_TASK = "dispatcher.stitch"
SWEEP_TASK = "dispatcher.sweep"
MEND_TASK = "dispatcher.mend"
NOTIFY_TASK = "dispatcher.notify"
CHECK_TASK = "dispatcher.check"
MEASURED_TASK = "dispatcher.measured"
#: What one worker is asked for by name.
MEASURE_TASK = "worker.measure"

#: Remote control command that tells workers to drop leases.
DROP_COMMAND = "drop_leases"

CONVERT = "convert."
#: Separator in a queue's name before the mark of its engines' versions.
VERSIONS = ":"
#: Separator in a queue's name before the mark of the one worker that it reaches.
OWN = "@"

CAPABILITIES = ("cuda", "mlx", "cpu")

#: What a tag may look like: it becomes part of queue names and metric labels.
TAG = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


def convert_queue(
    machine_class: str,
    tags: frozenset[str] = frozenset(),
    versions: Mapping[str, str] | None = None,
    abilities: frozenset[str] = frozenset(),
) -> str:
    """The queue of all machines of one class with the same owner's tags and the same engines.

    Their task has the same name. The engines' versions are part of it, so that work for one version never reaches
    another while a farm is upgraded machine by machine; and so are the engines' abilities, since two processors of one
    name need not have the same, above all in virtual machines.
    """
    name = CONVERT + "+".join([machine_class, *sorted(tags)])
    if not versions:
        return name
    told = repr(sorted(versions.items())) + "".join(sorted(abilities))
    return f"{name}{VERSIONS}{sha256(told.encode()).hexdigest()[:4]}"


def own_queue(queue: str, name: str) -> str:
    """The queue that reaches one worker alone.

    It begins with that of its class, so that a broker's rules about who may read which queue hold for both.
    """
    return f"{queue}{OWN}{sha256(name.encode()).hexdigest()[:12]}"


def class_of(queue: str) -> str:
    """The machine class that a queue is for."""
    return queue.removeprefix(CONVERT).split(VERSIONS)[0].split("+")[0]


def about_stage(task: str, job_ids: Sequence[int]) -> str:
    """What a message that asks for a stage of some jobs is about."""
    return f"{task} {','.join(map(str, job_ids))}"


def each_about(about: str) -> Iterator[str]:
    """What a message is about, job by job where it asks for a stage of several."""
    task, space, job_ids = about.partition(" ")
    if space:
        yield from (f"{task} {job_id}" for job_id in job_ids.split(","))
    else:
        yield about


def engine_tag(name: str, version: str) -> str:
    """The tag that a worker must offer to convert with an engine: another version would give other samples."""
    return f"{name}.v{version}"
