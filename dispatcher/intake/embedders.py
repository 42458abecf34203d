"""Which content encoder a voice was trained with, by the names that training programs write."""

from typing import Any

from dispatcher.intake.pickle_values import shown
from storage.errors import InputError

USUAL = "contentvec"
#: RVC's first encoder is ContentVec in a file that is called hubert_base.
_ALSO_USUAL = frozenset({"", "hubert-base", "hubert-base.pt", "none"})
_OTHERS = frozenset({"spin", "spin-v2", "chinese-hubert-base", "japanese-hubert-base", "korean-hubert-base"})


def embedder_of(said: Any) -> str:
    """The name of the encoder's package; a refusal for one that nobody else has."""
    if said is None:
        return USUAL
    name = said.strip().lower().replace("_", "-") if isinstance(said, str) else ""
    if not isinstance(said, str) or "/" in name or "\\" in name or name.startswith("custom"):
        raise InputError(
            "it was trained with a custom content encoder, which is not in the file; only voices trained with"
            f" {USUAL} or another public encoder can be converted with"
        )
    if name == USUAL or name in _ALSO_USUAL:
        return USUAL
    if name not in _OTHERS:
        raise InputError(
            f"it was trained with the content encoder {shown(name)!r}, which is not known; known are"
            f" {', '.join(sorted({USUAL, *_OTHERS}))}"
        )
    return name
