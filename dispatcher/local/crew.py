"""How many workers a farm on one machine gets, and how many threads each of them has."""

import os
from collections.abc import Collection
from dataclasses import dataclass

import psutil

from workers.engines.capability import may_have_accelerator
from workers.engines.catalog import engine, engines_for
from workers.engines.engine import Engine
from workers.wire.routes import CAPABILITIES


@dataclass(frozen=True, slots=True)
class Machine:
    """What workers share."""

    cores: int
    free_bytes: int
    has_accelerator: bool


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers that serve as the best that the machine is, workers that use only its processor, threads of each."""

    on_accelerator: int
    on_processor: int
    threads: int = 1

    @property
    def size(self) -> int:
        """All workers."""
        return self.on_accelerator + self.on_processor


def this_machine() -> Machine:
    """The machine as it is now. Whether an accelerator can really be used, only its worker finds out."""
    return Machine(os.cpu_count() or 1, psutil.virtual_memory().available, may_have_accelerator())


def engines_here() -> list[Engine]:
    """Every engine that something on this machine could run."""
    return [engine(name) for name in dict.fromkeys(name for c in CAPABILITIES for name in engines_for(c))]


def crew_for(
    machine: Machine,
    engines: Collection[Engine],
    *,
    asked: int = 0,
    most: int | None = None,
    require: Collection[str] = (),
) -> Crew:
    """The crew for jobs of these engines: `asked` workers if that is not 0, else at most `most` and no more than fit.

    An accelerator gets one worker, which fills it; a second would take memory and gain nothing. Nets use threads,
    so spare cores are shared out among their workers; rule-based engines do not.
    """
    has_nets = any(e.has_nets for e in engines)
    accelerated = machine.has_accelerator and "cpu" not in require and (has_nets or bool({"cuda", "mlx"} & {*require}))
    fitting = int(machine.free_bytes / max(e.worker_bytes for e in engines))
    wished = 1 if accelerated else min(machine.cores, fitting, most or machine.cores)
    size = asked or max(wished, 1)
    threads = max(machine.cores // size, 1) if has_nets else 1
    return Crew(int(accelerated), size - int(accelerated), threads)
