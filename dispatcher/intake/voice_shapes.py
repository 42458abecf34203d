"""The sizes of a voice from the shapes of its tensors, for training checkpoints, which state none."""

from collections.abc import Mapping
from itertools import count

from dispatcher.intake.generators import known_generator
from dispatcher.intake.stored import Stored
from dispatcher.intake.voice_config import check_sizes
from storage.errors import InputError
from workers.engines.rvc.architecture import SynthesizerSizes

_Tensors = Mapping[str, Stored]


def shape_of(tensors: _Tensors, name: str, dimensions: int) -> tuple[int, ...]:
    """The shape of a tensor that every voice has."""
    if name not in tensors:
        raise InputError(f"it lacks the tensor {name}, so it is no complete voice; get another copy of the model")
    shape = tensors[name].shape
    if len(shape) != dimensions or 0 in shape:
        raise InputError(
            f"its tensor {name} has {len(shape)} dimensions where a voice has {dimensions}; get another copy"
        )
    return shape


def sizes_from_shapes(tensors: _Tensors, *, has_pitch: bool, rate: int | None) -> SynthesizerSizes:
    """The sizes that these tensors fit; what shapes cannot show is as in every public voice."""
    hidden, content = shape_of(tensors, "enc_p.emb_phone.weight", 2)
    speakers, speaker_width = shape_of(tensors, "emb_g.weight", 2)
    wide, _, kernel = shape_of(tensors, "enc_p.encoder.ffn_layers.0.conv_1.weight", 3)
    _, span, head = shape_of(tensors, "enc_p.encoder.attn_layers.0.emb_rel_k", 3)
    shape_of(tensors, "dec.ups.0.weight", 3)
    kernels = _kernels(tensors, "dec.ups.{}.weight")
    noise = _kernels(tensors, "dec.noise_convs.{}.weight") if has_pitch else None
    generator = known_generator(kernels, noise, rate)
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
