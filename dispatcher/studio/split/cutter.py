"""Cuts a stream of prepared samples into atoms with their context, holding no more than one atom at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dispatcher.studio.split.quiet import cell_energies, quietest_cut
from storage.audio.grid import cell_length
from workers.engines.samples import Samples

#: The last atom is at least this long, so that no engine gets a tiny remainder.
SHORTEST_LAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CutAtom:
    """A piece `start..stop` of the recording, with samples `first..last` around it.

    Where each channel is converted, they lie end to end, and this one's begins at `origin`.
    """

    number: int
    start: int
    stop: int
    first: int
    last: int
    samples: Samples
    is_last: bool
    """Whether it is the last of its channel."""
    origin: int = 0


@dataclass(frozen=True, slots=True)
class CutRules:
    """Lengths in samples at the engine's rate; where cuts fall depends on them and on the recording alone."""

    rate: int
    shortest: int
    longest: int
    context: int

    @classmethod
    def of(cls, rate: int, longest_seconds: float, context: int) -> "CutRules":
        """Atoms of half the longest length up to it, on the grid."""
        cell = cell_length(rate)
        longest = max(round(longest_seconds * rate) // cell, 2) * cell
        return cls(rate, longest // 2 // cell * cell, longest, context)

    @property
    def ahead(self) -> int:
        """What must be known beyond the longest atom before a cut can be decided."""
        return max(self.context, self.last_shortest)

    @property
    def last_shortest(self) -> int:
        """The shortest last atom."""
        return min(round(SHORTEST_LAST_SECONDS * self.rate), self.shortest)


class Cutter:
    """Takes samples in, gives atoms out."""

    def __init__(self, rules: CutRules) -> None:
        self.rules = rules
        self.cell = cell_length(rules.rate)
        self.parts: list[Samples] = []
        self.held = 0
        self.base = 0
        """Position of the first sample held."""
        self.start = 0
        self.number = 0

    @property
    def end(self) -> int:
        """Position behind the last sample that came in."""
        return self.base + self.held

    def push(self, samples: Samples) -> Iterator[CutAtom]:
        """Take in more of the recording; returns every atom that is now certain."""
        self.parts.append(samples)
        self.held += len(samples)
        while self.end - self.start >= self.rules.longest + self.rules.ahead:
            yield self._cut(self.start + self.rules.longest)

    def finish(self) -> Iterator[CutAtom]:
        """The recording is over; returns the atoms that are left."""
        while self.end - self.start > self.rules.longest:
            yield self._cut(min(self.start + self.rules.longest, self.end - self.rules.last_shortest))
        if self.end > self.start:
            yield self._take(self.end)

    def _cut(self, latest: int) -> CutAtom:
        held = self._joined()
        offset = self.start - self.base
        energies = cell_energies(held[offset : offset + self.rules.longest + self.rules.ahead], self.cell)
        shortest = min(self.rules.shortest, latest - self.start)
        cells = quietest_cut(energies, shortest // self.cell, (latest - self.start) // self.cell)
        return self._take(self.start + cells * self.cell)

    def _take(self, stop: int) -> CutAtom:
        held = self._joined()
        first, last = max(self.start - self.rules.context, 0), min(stop + self.rules.context, self.end)
        samples = held[first - self.base : last - self.base].copy()
        atom = CutAtom(self.number, self.start, stop, first, last, samples, stop == self.end)
        self.number += 1
        self.start = stop
        self._forget(max(stop - self.rules.context, 0))
        return atom

    def _joined(self) -> Samples:
        if len(self.parts) != 1:
            self.parts = [np.concatenate(self.parts)]
        return self.parts[0]

    def _forget(self, before: int) -> None:
        """Drop what no later atom needs."""
        self.parts = [self._joined()[before - self.base :]]
        self.held -= before - self.base
        self.base = before
