"""Names of queues and tasks: the whole address book of the farm."""

#: Short messages: heartbeats, reports, ticks, feeding. Answered within milliseconds.
DESK_QUEUE = "dispatcher"
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

#: Remote control command that tells workers to let leases go.
DROP_COMMAND = "drop_leases"

CONVERT = "convert."


def convert_queue(machine_class: str, tags: frozenset[str] = frozenset()) -> str:
    """The queue of all machines of one class with the same owner's tags; their task has the same name."""
    return CONVERT + "+".join([machine_class, *sorted(tags)])
