"""Chains at work: a stream through one effect after the other, and what must be heard twice."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from storage.audio.blocks import Frames
from workers.effects.effect import Chain, Effect, Measuring, Shape, Stream
from workers.effects.levels import Gain
from workers.effects.linear import Convolving, Linear

#: Hears a recording from its beginning, each time it is called.
Again = Callable[[], Iterable[Frames]]


def settled(chain: Chain, again: Again, shape: Shape) -> Chain:
    """The chain with a gain in the place of every effect that must hear the whole stream first.

    Each of them hears what those before it make of the recording, which is therefore heard as often as there are such
    effects.
    """
    done = Chain()
    for effect in chain.effects:
        if isinstance(effect, Measuring):
            meter = effect.meter(done.becomes(shape))
            for frames in applied(done, again(), shape):
                meter.push(frames)
            done |= Gain(meter.decibels())
        else:
            done |= effect
    return done


def applied(chain: Chain, pieces: Iterable[Frames], shape: Shape) -> Iterator[Frames]:
    """The stream with all effects of a settled chain."""
    streams = list(_streams(chain.effects, shape))
    for piece in pieces:
        yield _through(streams, piece)
    for number, stream in enumerate(streams):
        yield _through(streams[number + 1 :], stream.finish())


def tried(chain: Chain, shape: Shape) -> Shape:
    """What comes out of a chain; raises where one of its effects cannot work on such a stream."""
    for effect in chain.effects:
        if not isinstance(effect, Measuring):
            effect.stream(shape)
        shape = effect.becomes(shape)
    return shape


def _through(streams: Sequence[Stream], frames: Frames) -> Frames:
    for stream in streams:
        frames = stream.push(frames)
    return frames


def _streams(effects: Sequence[Effect], shape: Shape) -> Iterator[Stream]:
    """Every effect at work; filters that follow each other are one."""
    place = 0
    while place < len(effects):
        linear = _linear_from(effects, place)
        if len(linear) > 1:
            yield Convolving(linear, shape)
        else:
            yield effects[place].stream(shape)
        for effect in effects[place : place + max(len(linear), 1)]:
            shape = effect.becomes(shape)
            place += 1


def _linear_from(effects: Sequence[Effect], place: int) -> tuple[Linear, ...]:
    found: list[Linear] = []
    for effect in effects[place:]:
        if not isinstance(effect, Linear):
            break
        found.append(effect)
    return tuple(found)
