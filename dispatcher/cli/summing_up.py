"""What became of a batch, in one line: what scrolled away is named again."""

from collections import Counter
from collections.abc import Sequence

from dispatcher.client.answers import Delivery
from dispatcher.reports.wording import shown_duration

#: What people read for what became of a recording, in this order.
_WORDS = {
    "finished": "converted",
    "there": "there already",
    "refused": "refused",
    "failed": "failed",
    "cancelled": "cancelled",
    "unfetched": "not fetched",
}
#: Recordings that are named; the others are counted.
_NAMED = 10


def summary_of(deliveries: Sequence[Delivery], seconds: float) -> str:
    """How many recordings ended in which way, in how long, and which of them have no result."""
    counts = Counter(str(delivery.state) for delivery in deliveries)
    told = ", ".join(f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state])
    bad = sorted((d for d in deliveries if not d.is_good), key=lambda d: d.place)
    names = ", ".join(d.source.name for d in bad[:_NAMED])
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    return f"{told} in {shown_duration(seconds)}" + (f"; without a result: {names}{more}" if bad else "")
