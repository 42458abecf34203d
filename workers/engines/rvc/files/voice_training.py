"""Checks what a voice was trained with, as training programs write it: a public content encoder, and HiFi-GAN."""

from collections.abc import Iterable
from typing import Any

from storage.errors import InputError
from workers.engines.rvc.files.pickle_names import shown, told

#: The content encoder of voices that do not name one.
USUAL = "contentvec"
#: Other names for it: RVC's first encoder is ContentVec in a file called hubert_base.
_ALSO_USUAL = frozenset({"", "hubert-base", "hubert-base.pt", "none"})
_OTHERS = frozenset({"spin", "spin-v2", "chinese-hubert-base", "japanese-hubert-base", "korean-hubert-base"})
#: Names of the only generator that is supported.
_HIFIGAN = frozenset({"hifigan", "hifigannsf", "nsfhifigan"})
#: Beginnings of tensors that only other generators have.
_FOREIGN = {
    "RefineGAN": ("dec.pre_conv.", "dec.mel_conv.", "dec.downsample_blocks.", "dec.upsample_conv_blocks."),
    "MRF HiFi-GAN": ("dec.mrfs.", "dec.upsamples."),
}


def embedder_of(said: Any) -> str:
    """The name of the content encoder; refuses one that is not public."""
    if said is None:
        return USUAL
    name = said.strip().lower().replace("_", "-") if isinstance(said, str) else ""
    if not isinstance(said, str) or "/" in name or "\\" in name or name.startswith("custom"):
        raise InputError(
            "it was trained with a custom content encoder, which is not in the file; use a voice that was trained with"
            f" {USUAL} or another public encoder"
        )
    if name == USUAL or name in _ALSO_USUAL:
        return USUAL
    if name not in _OTHERS:
        raise InputError(
            f"it was trained with the content encoder {shown(name)!r}, which is not known; the known ones are"
            f" {', '.join(sorted({USUAL, *_OTHERS}))}"
        )
    return name


def check_vocoder(stated: Any, names: Iterable[str]) -> None:
    """Refuse another generator, whether the file says so or only its tensors show it."""
    if stated:
        plain = "".join(letter for letter in told(stated).lower() if letter.isalnum())
        if plain not in _HIFIGAN:
            raise _refusal(told(stated))
    for name in names:
        for vocoder, beginnings in _FOREIGN.items():
            if name.startswith(beginnings):
                raise _refusal(vocoder)


def _refusal(vocoder: str) -> InputError:
    return InputError(f"its generator is {vocoder}, which is not supported; use a voice with the HiFi-GAN generator")
