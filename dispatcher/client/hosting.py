"""A farm to do the work: the one that the settings name, or one hosted here for as long as it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dispatcher.local.crew import Crew
from storage.settings import Settings


@contextmanager
def farm_at_work(settings: Settings, crew: Crew, trouble: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Yields what keeps the farm alive, to be called often; `trouble` hears of what a hosted one cannot repair."""
    if not settings.is_embedded:
        from dispatcher.local.broker import require_broker

        require_broker(settings)
        yield lambda: None
        return
    from dispatcher.local.embedded import embedded_farm

    with embedded_farm(settings, crew, tell=trouble) as farm:
        yield farm.keep
