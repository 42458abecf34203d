"""Work in batches that fit the device: a batch that does not is halved, and the smaller size is remembered."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from storage.errors import ConversionError
from workers.engines.rvc.framework import DeviceFull

logger = logging.getLogger("voicefarm.engine")

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class Batch:
    """How many items at a time."""

    size: int
    halved: int = 0
    """How many times the device turned out to be too small."""
    sizes: tuple[int, ...] = ()
    """The only sizes that there may be, if programs are compiled for them; else any."""

    def over(self, items: Sequence[Item], work: Callable[[Sequence[Item]], Result]) -> Iterator[Result]:
        """The results of the work, done on some items at a time."""
        done = 0
        while done < len(items):
            some = items[done : done + self.size]
            try:
                result = work(some)
            except DeviceFull as error:
                self._halve(error)
                continue
            done += len(some)
            yield result

    def _halve(self, error: DeviceFull) -> None:
        smaller = max((size for size in self.sizes if size < self.size), default=0) if self.sizes else self.size // 2
        if not smaller:
            raise ConversionError(
                f"the device has too little memory for a single piece ({error}); close other programs that use it, or"
                " convert on another machine"
            ) from error
        self.size = smaller
        self.halved += 1
        logger.warning("the device is full (%s); continuing with %d at a time", error, self.size)
