"""What an effect is: a small frozen object with a name, a version and settings, and chains of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from storage.audio.blocks import Frames
from workers.effects.settings import Entry, entries_of


@dataclass(frozen=True, slots=True)
class Shape:
    """What a stream of sound is like: its rate, and how many channels its frames have."""

    rate: int
    channels: int


class Stream(Protocol):
    """An effect at work: frames go in and come out, later perhaps, and not fewer or more unless that is its purpose.

    What comes out is the same to the bit in whatever pieces it goes in.
    """

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are ready, perhaps none."""
        ...

    def finish(self) -> Frames:
        """Return the last frames."""
        ...


class Meter(Protocol):
    """Listens to a whole stream and then says by how much it is to be amplified."""

    def push(self, frames: Frames) -> None:
        """More of it."""
        ...

    def decibels(self) -> float:
        """The gain that it asks for."""
        ...


class Effect(ABC):
    """Any effect. Whoever changes what one does to samples raises its version, which is part of atoms' keys."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    keeps_length: ClassVar[bool] = True
    """Whether as much comes out as went in, at the same rate."""

    def __post_init__(self) -> None:
        for entry, value in self.settings():
            entry.check(self.name, value)

    def __or__(self, other: "Effect | Chain") -> "Chain":
        return Chain((self,)) | other

    def settings(self) -> Iterator[tuple[Entry, Any]]:
        """Every setting with its value."""
        for entry in entries_of(type(self)):
            yield entry, getattr(self, entry.name)

    @property
    def text(self) -> str:
        """How it is written: what is usual is left out."""
        parts = [self.name]
        for entry, value in self.settings():
            if entry.is_needed:
                parts.append(entry.written(value))
            elif value != entry.usual:
                parts.append(f"{entry.name}={entry.written(value)}")
        return " ".join(parts)

    @property
    def identity(self) -> list[Any]:
        """All that determines what it does."""
        return [self.name, self.version, {entry.name: value for entry, value in self.settings()}]

    def becomes(self, shape: Shape) -> Shape:
        """What comes out of a stream of this shape."""
        return shape

    @abstractmethod
    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream of this shape."""


class Measuring(Effect):
    """An effect that hears all of a stream before it amplifies the first of it."""

    @abstractmethod
    def meter(self, shape: Shape) -> Meter:
        """What listens."""

    def stream(self, shape: Shape) -> Stream:
        """Not before it has heard everything: a chain puts what its meter said in its place."""
        msg = f"{self.name} has not heard the whole of the stream of {shape.rate} Hz"
        raise RuntimeError(msg)


@dataclass(frozen=True, slots=True)
class Chain:
    """Effects one after the other; a chain of none changes nothing."""

    effects: tuple[Effect, ...] = ()

    def __or__(self, other: "Effect | Chain") -> "Chain":
        return Chain(self.effects + (other.effects if isinstance(other, Chain) else (other,)))

    def __bool__(self) -> bool:
        return bool(self.effects)

    @property
    def text(self) -> str:
        """How it is written."""
        return " | ".join(effect.text for effect in self.effects)

    @property
    def identity(self) -> list[Any]:
        """All that determines what it does."""
        return [effect.identity for effect in self.effects]

    @property
    def measures(self) -> bool:
        """Whether one of its effects must hear the whole stream first."""
        return any(isinstance(effect, Measuring) for effect in self.effects)

    def becomes(self, shape: Shape) -> Shape:
        """What comes out of a stream of this shape."""
        for effect in self.effects:
            shape = effect.becomes(shape)
        return shape
