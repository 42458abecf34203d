"""What of a job determines its converted atoms: the same facts give the same keys, and so the same objects."""

from collections.abc import Mapping
from typing import Any, Protocol

from storage import keys

#: Settings that are applied to the joined result, so that another choice of them needs no atom converted again.
_STITCHED = frozenset({"loudness_mix"})


class Conversion(Protocol):
    """A job's record, or a row of it."""

    @property
    def source_hash(self) -> str: ...  # noqa: D102
    @property
    def rate_in(self) -> int: ...  # noqa: D102
    @property
    def rate_voice(self) -> int: ...  # noqa: D102
    @property
    def engine(self) -> str: ...  # noqa: D102
    @property
    def engine_version(self) -> str: ...  # noqa: D102
    @property
    def recipe(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def settings(self) -> Mapping[str, Any]: ...  # noqa: D102


def atoms_prefix(job: Conversion) -> str:
    """Where the job's prepared atoms lie."""
    return keys.atom_prefix(job.source_hash, job.rate_in)


def converted_prefix(job: Conversion) -> str:
    """Where the job's converted atoms lie."""
    return keys.converted_prefix(
        atoms_prefix(job),
        {
            "engine": job.engine,
            "version": job.engine_version,
            "recipe": job.recipe,
            "settings": {name: value for name, value in job.settings.items() if name not in _STITCHED},
            "rate": job.rate_voice,
        },
    )
