"""The sizes of a voice from the list of 18 values in exported voices."""

from typing import Any

from storage.errors import InputError
from workers.engines.rvc.architecture import ANALYSIS_RATE, PITCH_HOP, SynthesizerSizes

_VALUES = 18
#: Limits that no voice's sizes reach; larger values would only make the reader slow.
_LARGEST, _MOST_PARTS = 8192, 12
_FRAMES_A_SECOND = ANALYSIS_RATE // PITCH_HOP


def sizes_from_config(config: Any, *, content: int, speakers: int, has_pitch: bool) -> SynthesizerSizes:
    """The sizes in this list; its number of speakers is wrong in most files and is not used."""
    if not isinstance(config, list | tuple) or len(config) != _VALUES:
        values = f"a list of {len(config)} values" if isinstance(config, list | tuple) else "not a list of values"
        raise InputError(
            f"its config is {values}, but RVC voices have {_VALUES}, so its layout is not known; export it from the"
            " program that trained it"
        )
    if config[9] not in ("1", 1):
        raise InputError("its generator has residual blocks that RVC voices do not have; it cannot be used")
    rates = _numbers(config[12], "upsampling rates")
    sizes = SynthesizerSizes(
        rate=_number(config[17], "rate", 192_000),
        upsample_rates=rates,
        # One training program wrote more kernels than there are stages; those beyond were never used.
        upsample_kernels=_numbers(config[14], "upsampling kernels")[: len(rates)],
        content=content,
        has_pitch=has_pitch,
        speakers=speakers,
        inter=_number(config[2], "inner channels"),
        hidden=_number(config[3], "hidden channels"),
        filter=_number(config[4], "filter channels"),
        heads=_number(config[5], "heads"),
        layers=_number(config[6], "layers", 64),
        kernel=_number(config[7], "kernel"),
        initial=_number(config[13], "channels of the generator"),
        res_kernels=_numbers(config[10], "residual kernels"),
        res_dilations=_dilations(config[11]),
        speaker_width=_number(config[16], "width of the speaker"),
    )
    check_sizes(sizes)
    return sizes


def check_sizes(sizes: SynthesizerSizes) -> None:
    """Refuse sizes that contradict each other or the grid of 100 frames a second."""
    if sizes.frame * _FRAMES_A_SECOND != sizes.rate:
        raise InputError(
            f"its generator makes {sizes.frame} samples per frame, but {sizes.rate} Hz needs"
            f" {sizes.rate / _FRAMES_A_SECOND:g}, so its speech would have the wrong speed; it cannot be used"
        )
    stages = list(zip(sizes.upsample_rates, sizes.upsample_kernels, strict=False))
    fits = (
        len(stages) == len(sizes.upsample_rates)
        and all(kernel >= step and (kernel - step) % 2 == 0 for step, kernel in stages)
        and len(sizes.res_kernels) == len(sizes.res_dilations)
        and all(kernel % 2 for kernel in (*sizes.res_kernels, sizes.kernel))
        and sizes.initial % 2 ** len(stages) == 0
        and sizes.hidden % sizes.heads == 0
        and sizes.inter % 2 == 0
    )
    if not fits:
        raise InputError("the sizes in its config contradict each other, so its layout is not known; get another copy")


def _number(value: Any, what: str, most: int = _LARGEST) -> int:
    if not isinstance(value, int | float) or not 1 <= value <= most or value != int(value):
        raise InputError(f"its config states no sensible {what}, so its layout is not known; get another copy")
    return int(value)


def _numbers(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= _MOST_PARTS:
        raise InputError(f"its config lists no sensible {what}, so its layout is not known; get another copy")
    return tuple(_number(value, what) for value in values)


def _dilations(values: Any) -> tuple[tuple[int, ...], ...]:
    if not isinstance(values, list | tuple) or len(values) > _MOST_PARTS:
        raise InputError("its config lists no dilations, so its layout is not known; get another copy")
    return tuple(_numbers(value, "dilations") for value in values)
