"""What a voice was trained with, as training programs write it: a content encoder that everybody has, and HiFi-GAN."""

from collections.abc import Iterable
from typing import Any

from storage.errors import InputError
from workers.engines.rvc.files.pickle_names import shown, told

#: The content encoder of voices that name none.
USUAL = "contentvec"
#: RVC's first encoder is ContentVec in a file that is called hubert_base.
_ALSO_USUAL = frozenset({"", "hubert-base", "hubert-base.pt", "none"})
_OTHERS = frozenset({"spin", "spin-v2", "chinese-hubert-base", "japanese-hubert-base", "korean-hubert-base"})
#: Names of the one generator that can be converted with.
_HIFIGAN = frozenset({"hifigan", "hifigannsf", "nsfhifigan"})
#: Beginnings of tensors that only other generators have.
_FOREIGN = {
    "RefineGAN": ("dec.pre_conv.", "dec.mel_conv.", "dec.downsample_blocks.", "dec.upsample_conv_blocks."),
    "MRF HiFi-GAN": ("dec.mrfs.", "dec.upsamples."),
}


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
    return InputError(
        f"its generator is {vocoder}, which cannot be converted with yet; only voices with the HiFi-GAN generator are"
        " taken in"
    )
