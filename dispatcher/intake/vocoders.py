"""Which generator a voice has: only HiFi-GAN with its sine source can be converted with."""

from collections.abc import Iterable
from typing import Any

from dispatcher.intake.pickle_values import told
from storage.errors import InputError

_HIFIGAN = frozenset({"hifigan", "hifigannsf", "nsfhifigan"})
#: Beginnings of tensors that only other generators have.
_FOREIGN = {
    "RefineGAN": ("dec.pre_conv.", "dec.mel_conv.", "dec.downsample_blocks.", "dec.upsample_conv_blocks."),
    "MRF HiFi-GAN": ("dec.mrfs.", "dec.upsamples."),
}


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
