"""The sizes of a voice from the shapes of its tensors, for training checkpoints, which do not state them.

No shape shows by how much a generator upsamples; that is taken from the generators of public voices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import prod

from storage.errors import InputError
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.files.draft import Stored
from workers.engines.rvc.files.voice_config import check_sizes

_Tensors = Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class _Generator:
    """A rate in hertz, and how the generator reaches it from 100 frames a second."""

    rate: int
    upsample_rates: tuple[int, ...]
    kernels: tuple[int, ...]

    @property
    def noise_kernels(self) -> tuple[int, ...]:
        """Kernels of the convolutions that bring the sine source to every stage's rate."""
        steps = [prod(self.upsample_rates[stage + 1 :]) for stage in range(len(self.upsample_rates))]
        return tuple(1 if step == 1 else 2 * step for step in steps)


#: The generators that public voices have.
_GENERATORS = (
    _Generator(24_000, (10, 6, 2, 2), (20, 12, 4, 4)),
    _Generator(32_000, (10, 4, 2, 2, 2), (16, 16, 4, 4, 4)),
    _Generator(32_000, (10, 8, 2, 2), (20, 16, 4, 4)),
    _Generator(40_000, (10, 10, 2, 2), (16, 16, 4, 4)),
    _Generator(48_000, (10, 6, 2, 2, 2), (16, 16, 4, 4, 4)),
    _Generator(48_000, (12, 10, 2, 2), (24, 20, 4, 4)),
)


def shape_of(tensors: _Tensors, name: str, dimensions: int) -> tuple[int, ...]:
    """The shape of a tensor that every voice has."""
    if name not in tensors:
        raise InputError(f"it lacks the tensor {name}, so it is not a complete voice; get another copy of the model")
    shape = tensors[name].shape
    if len(shape) != dimensions or 0 in shape:
        raise InputError(
            f"its tensor {name} has {len(shape)} dimensions, but a voice's has {dimensions}; get another copy"
        )
    return shape


def sizes_from_shapes(tensors: _Tensors, *, has_pitch: bool, rate: int | None) -> SynthesizerSizes:
    """The sizes that these tensors fit; what shapes cannot show is taken from public voices."""
    hidden, content = shape_of(tensors, "enc_p.emb_phone.weight", 2)
    speakers, speaker_width = shape_of(tensors, "emb_g.weight", 2)
    wide, _, kernel = shape_of(tensors, "enc_p.encoder.ffn_layers.0.conv_1.weight", 3)
    _, span, head = shape_of(tensors, "enc_p.encoder.attn_layers.0.emb_rel_k", 3)
    shape_of(tensors, "dec.ups.0.weight", 3)
    kernels = _kernels(tensors, "dec.ups.{}.weight")
    noise = _kernels(tensors, "dec.noise_convs.{}.weight") if has_pitch else None
    generator = _known_generator(kernels, noise, rate)
    sizes = SynthesizerSizes(
        rate=generator.rate,
        upsample_rates=generator.upsample_rates,
        upsample_kernels=generator.kernels,
        content=content,
        has_pitch=has_pitch,
        speakers=speakers,
        inter=shape_of(tensors, "enc_p.proj.weight", 3)[0] // 2,
        hidden=hidden,
        filter=wide,
        heads=max(hidden // head, 1),
        layers=_how_many(tensors, "enc_p.encoder.attn_layers.{}.emb_rel_k"),
        kernel=kernel,
        reach=span // 2,
        initial=shape_of(tensors, "dec.conv_pre.weight", 3)[0],
        speaker_width=speaker_width,
    )
    check_sizes(sizes)
    return sizes


def _how_many(tensors: _Tensors, name: str) -> int:
    return next(n for n in count() if name.format(n) not in tensors)


def _kernels(tensors: _Tensors, name: str) -> list[int]:
    return [shape_of(tensors, name.format(stage), 3)[2] for stage in range(_how_many(tensors, name))]


def _known_generator(kernels: Sequence[int], noise_kernels: Sequence[int] | None, rate: int | None) -> _Generator:
    """The only generator with these kernels, those of its sine source if it has one, and this rate if it is given."""
    fitting = [
        known
        for known in _GENERATORS
        if known.kernels == tuple(kernels)
        and (noise_kernels is None or known.noise_kernels == tuple(noise_kernels))
        and rate in (None, known.rate)
    ]
    if not fitting:
        at = f" at {rate} Hz" if rate else ""
        raise InputError(
            f"its generator upsamples with kernels of {', '.join(map(str, kernels))}{at}, which no known voice does;"
            " export the voice from the program that trained it"
        )
    if len(fitting) > 1:
        rates = " or ".join(str(known.rate) for known in fitting)
        raise InputError(
            f"this training checkpoint does not say whether its rate is {rates} Hz; state the rate, or export the voice"
            " from the program that trained it"
        )
    return fitting[0]
