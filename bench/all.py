"""Measure everything that docs/performance.md shows except the RVC engine, one table after the other."""

import time

from bench import bulk, bulk_on_servers, depth, embedded, joins, long, records, rolling_up, scheduling, streams
from bench.figures import machine, show


def main() -> None:
    """Print all tables."""
    print(f"{machine()}, {time.strftime('%Y-%m-%d')}\n")
    # The streams bind themselves to one core, so they come last.
    for part in (scheduling, joins, embedded, bulk, bulk_on_servers, long, depth, records, rolling_up, streams):
        print(f"`python -m {part.__name__}`\n\n| what | measured | target | reached |\n|---|---|---|---|", flush=True)
        show(part.measure())
        print(flush=True)


if __name__ == "__main__":
    main()
