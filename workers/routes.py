"""Names of queues and tasks: the whole address book of the farm."""

#: Ticks and feeding, reports, and heartbeats: short messages, answered within milliseconds. The desk takes one of each
#: in turn, so that however many there are of one kind, the others get through.
DESK_QUEUE = "dispatcher"
REPORT_QUEUE = "dispatcher.reports"
HEARTBEAT_QUEUE = "dispatcher.heartbeats"
#: Long work on whole recordings, kept apart so that it never blocks the desk.
SPLIT_QUEUE = "split"
STITCH_QUEUE = "stitch"

HEARTBEAT_TASK = "dispatcher.heartbeat"
REPORT_TASK = "dispatcher.report"
TICK_TASK = "dispatcher.tick"
FEED_TASK = "dispatcher.feed"
SPLIT_TASK = "dispatcher.split"
STITCH_TASK = "dispatcher.stitch"
SWEEP_TASK = "dispatcher.sweep"
MEND_TASK = "dispatcher.mend"

#: Remote control command that tells workers to let leases go.
DROP_COMMAND = "drop_leases"

CONVERT = "convert."


def convert_queue(machine_class: str, tags: frozenset[str] = frozenset()) -> str:
    """The queue of all machines of one class with the same owner's tags; their task has the same name."""
    return CONVERT + "+".join([machine_class, *sorted(tags)])


def about_stage(task: str, job_id: int) -> str:
    """What a message that asks for a stage of a job is about."""
    return f"{task} {job_id}"
