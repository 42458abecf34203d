"""Keys of the object store; each is derived from everything that determines the object's bytes."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

#: Raise it whenever cutting or preparing the same source would give other samples.
SPLIT_VERSION = "1"


#: What the keys of the store begin with; `doctor` is what its checks write.
ROOMS = frozenset({"sources", "atoms", "converted", "packages", "results", "prepared", "heard", "doctor"})


def digest(facts: Mapping[str, Any]) -> str:
    """A hash of plain facts that does not depend on their order."""
    return sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def source_key(content_hash: str) -> str:
    """The key of a recording as it was submitted."""
    return f"sources/{content_hash}"


def atom_prefix(source_hash: str, rate: int, channels: str = "mix", track: int = 0, effects: Sequence[Any] = ()) -> str:
    """The prefix of all prepared atoms of one source at one rate, by the channels and the track that they hold, and by
    the effects that they went through.
    """
    facts: dict[str, object] = {"source": source_hash, "rate": rate, "split": SPLIT_VERSION}
    # What is usual has the keys that sources had before there was a choice.
    if channels != "mix":
        facts["channels"] = channels
    if track:
        facts["track"] = track
    if effects:
        facts["effects"] = effects
    return f"atoms/{digest(facts)[:32]}"


def atom_key(prefix: str, first: int, last: int) -> str:
    """The key of one prepared atom with its context: the samples `first..last`."""
    return f"{prefix}/{first}-{last}.flac"


def converted_prefix(atoms: str, conversion: Mapping[str, Any]) -> str:
    """The prefix of all converted atoms of one source under one conversion: voice, settings, engine and its version."""
    return f"converted/{digest({**conversion, 'atoms': atoms})[:32]}"


def converted_key(prefix: str, start: int, stop: int, first: int, last: int) -> str:
    """The key of one converted atom: the result for `start..stop` with the context `first..last`."""
    return f"{prefix}/{start}-{stop}.{first}-{last}.flac"


def heard_prefix(atoms: str) -> str:
    """The prefix of what engines found out of these prepared atoms, for any voice."""
    return f"heard/{atoms.rpartition('/')[2]}"


def heard_key(prefix: str, start: int, stop: int, first: int, last: int, name: str) -> str:
    """The key of what was found out of the atom `start..stop` with its context; the name tells by which means."""
    return f"{prefix}/{start}-{stop}.{first}-{last}.{name}"


def package_key(content_hash: str, file: str) -> str:
    """The key of one file of a package; the hash stands for all its files."""
    return f"packages/{content_hash}/{file}"


def result_key(job_id: int, token: str, extension: str) -> str:
    """The key of a finished file; the token keeps apart two databases that share one store."""
    return f"results/{job_id}-{token}.{extension}"


def shelf_key(name: str) -> str:
    """The key of something that machines of one kind have prepared for each other."""
    return f"prepared/{name}"
