"""What models are called: one name each, however people spell it."""

from storage.errors import InputError
from workers.capability import TAG

#: Other names of the same files: what the RVC world calls HuBERT is ContentVec.
_ALSO_CALLED = {"hubert": "contentvec", "hubert-base": "contentvec", "content-vec-best": "contentvec"}
#: Names of files that say nothing of what is in them.
_SAY_NOTHING = frozenset({"model", "pytorch-model"})


def model_name(given: str) -> str:
    """The one name that a model has here."""
    name = given.strip().lower().replace("_", "-")
    if not TAG.fullmatch(name):
        raise InputError(f"'{given}' cannot name a model; use letters, digits, dots and hyphens")
    return _ALSO_CALLED.get(name, name)


def name_of_file(stem: str) -> str:
    """The name of a model by that of its file."""
    name = model_name(stem)
    if name in _SAY_NOTHING:
        raise InputError(f"a file called '{stem}' does not say which model it is; name it, such as --name contentvec")
    return name
