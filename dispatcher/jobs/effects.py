"""The effects that a request asks for: read once, written out in full, and refused where a job has no room for them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dispatcher.jobs.chains import named_chains
from dispatcher.jobs.request import Request
from storage.errors import InputError
from storage.records.database import Database

if TYPE_CHECKING:
    from workers.effects.effect import Chain

#: Hertz at which chains are tried: for how long they ring is the same at every rate, and here it is found soonest.
_TRIED_AT = 16_000


def with_effects(database: Database, request: Request, *, many_channels: bool) -> Request:
    """The request with its chains written out, so that a name may mean something else tomorrow.

    With many channels, the result has those of its recording, and none can be made of it.
    """
    if not (request.before or request.after):
        return request
    # Only requests with effects need this import.
    from workers.effects.grammar import read_chain

    named = named_chains(database)
    before, after = read_chain(request.before, named), read_chain(request.after, named)
    for chain, where in ((before, "before"), (after, "after")):
        _refuse_lengths(chain, where)
    if _channels(before) != 1:
        raise InputError("what is converted is one channel, so a voice is placed after the conversion; move pan there")
    if _channels(after) != 1 and many_channels:
        raise InputError(
            "pan makes two channels of one, but this result has the channels of its recording; leave it out, or"
            " convert one channel alone"
        )
    return replace(request, before=before.text, after=after.text)


def effects_identity(request: Request) -> Mapping[str, Any]:
    """What their chains do, with the effects' versions; nothing of requests without any."""
    chains = {"effects_before": request.before, "effects_after": request.after}
    if not any(chains.values()):
        return {}
    from workers.effects.grammar import read_chain

    return {name: read_chain(text).identity for name, text in chains.items() if text}


def _refuse_lengths(chain: "Chain", where: str) -> None:
    """A result lies on its recording sample by sample, so nothing may change its length or its rate on the way."""
    for effect in chain.effects:
        if not effect.keeps_length:
            raise InputError(
                f"{effect.name} changes how long a recording is or its rate, and a result is as long as its recording;"
                f" leave it out of the effects {where} the conversion"
            )


def _channels(chain: "Chain") -> int:
    """How many channels become of one; raises where an effect cannot work on such a stream."""
    from workers.effects.chaining import tried
    from workers.effects.effect import Shape

    return tried(chain, Shape(_TRIED_AT, 1)).channels
