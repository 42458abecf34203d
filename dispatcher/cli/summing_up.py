"""What became of a batch: a line, and where much has scrolled away, a table of what has no result."""

from collections import Counter
from collections.abc import Sequence

from dispatcher.cli.printing import print_table
from dispatcher.cli.remedies import worded
from dispatcher.cli.saying import say
from dispatcher.client.answers import REFUSED, THERE, UNFETCHED, Delivery
from dispatcher.reports.wording import shown_duration
from storage.records.states import JobState

#: What people read for what became of a recording, in this order.
_WORDS = {
    JobState.FINISHED: "converted",
    THERE: "there already",
    REFUSED: "refused",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
    UNFETCHED: "not fetched",
}
#: Recordings that are few: what was said of them is still on the screen, and all fit in a line.
_FEW = 10
#: Recordings without a result that are listed; the others are counted.
_NAMED = 100


def sum_up(deliveries: Sequence[Delivery], seconds: float) -> None:
    """Say what became of a batch, and why recordings have no result; one recording has said it all."""
    if len(deliveries) < 2:
        for one in deliveries:
            if one.state == THERE:
                say(f"{one.result} is up to date already", err=True)
        return
    say(summary_of(deliveries, seconds), err=True)
    bad = sorted((d for d in deliveries if not d.is_good), key=lambda d: d.place)
    if bad and len(deliveries) > _FEW:
        # What was said while it went on has scrolled away.
        rows = [(str(d.source), _WORDS.get(d.state, d.state), worded(d.error) if d.error else "") for d in bad[:_NAMED]]
        print_table(("recording", "", "why"), rows, below="why", err=True)
        if len(bad) > _NAMED:
            say(f"and {len(bad) - _NAMED} more", err=True)


def summary_of(deliveries: Sequence[Delivery], seconds: float) -> str:
    """How many recordings ended in which way, in how long, and which of them have no result."""
    counts = Counter(str(delivery.state) for delivery in deliveries)
    told = ", ".join(f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state])
    rate = counts[JobState.FINISHED] / seconds if seconds else 0.0
    fast = f" ({rate:.1f} a second)" if counts[JobState.FINISHED] > _FEW and rate >= 1 else ""
    bad = sorted((d for d in deliveries if not d.is_good), key=lambda d: d.place)
    names = ", ".join(d.source.name for d in bad[:_FEW])
    more = f" and {len(bad) - _FEW} more" if len(bad) > _FEW else ""
    lack = f"; without a result: {names}{more}" if bad else ""
    return f"{told} in {shown_duration(seconds)}{fast}{lack}"
