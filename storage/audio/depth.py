"""How deep samples are stored: as deep as the recording's, unless somebody asks for another depth."""

from storage.audio.formats import LOSSLESS, format_of, sound_format
from storage.errors import InputError
from storage.remedies import Act, Remedy

#: Depths that may be asked for, from the least: bits of whole numbers, and floats of 32 bits.
DEPTHS = ("16", "24", "float")
#: What libsndfile calls them.
_SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}
#: The sample types of files that libsndfile reads whose samples are deeper than 16 bits.
_DEEPER = {"PCM_24": "24", "PCM_32": "24", "ALAC_20": "24", "ALAC_24": "24", "ALAC_32": "24", "FLOAT": "float",
           "DOUBLE": "float", "DWVW_24": "24"}  # fmt: skip
#: Codecs of FFmpeg that give back exactly what was put in; the samples of others are as deep as nobody meant.
_EXACT = ("pcm_", "flac", "alac", "wavpack", "tta", "ape", "tak", "truehd", "mlp", "als", "wmalossless")


def depth_of_subtype(subtype: str) -> str:
    """How deep samples of this type of libsndfile's are; lossy ones count as 16 bits."""
    return _DEEPER.get(subtype, DEPTHS[0])


def depth_of_codec(codec: str, samples: str) -> str:
    """How deep the samples of this codec of FFmpeg's are, which it decodes as `samples`, such as s32p."""
    if not codec.startswith(_EXACT):
        return DEPTHS[0]
    kind = samples.removesuffix("p")
    return {"s32": "24", "s64": "24", "flt": "float", "dbl": "float"}.get(kind, DEPTHS[0])


def check_depth(format_: str, depth: str | None) -> None:
    """Refuse a depth that this format cannot hold."""
    if depth is None:
        return
    if depth not in DEPTHS:
        raise InputError(f"{depth} is not a depth of samples; choose one of {', '.join(DEPTHS)}")
    kind = format_of(format_)
    holds = _held_by(kind)
    if not holds:
        raise InputError(f"{kind} files hold compressed sound, which has no depth of its own", Remedy(Act.LEAVE_DEPTH))
    if depth not in holds:
        raise InputError(f"{kind} files hold no {depth} samples", Remedy(Act.CHOOSE_DEPTH, " or ".join(holds)))


def chosen_depth(format_: str, asked: str | None, source: str) -> str:
    """How deep a result is: as asked for, else as the source as far as the format holds that; empty for lossy ones."""
    kind = format_of(format_)
    if asked is not None or kind not in LOSSLESS:
        return asked or ""
    holds = _held_by(kind)
    return source if source in holds else holds[-1]


def subtype_of(depth: str) -> str | None:
    """What libsndfile calls this depth; None leaves the choice to the format."""
    return _SUBTYPES.get(depth)


def is_less(depth: str, source: str) -> bool:
    """Whether samples of this depth cannot hold all that is in the source's."""
    return depth in DEPTHS and DEPTHS.index(depth) < DEPTHS.index(source)


def _held_by(format_: str) -> tuple[str, ...]:
    if format_ == "wav":
        return DEPTHS
    # A film in Matroska holds FLAC where a depth is asked for.
    return DEPTHS[:2] if "flac" in (sound_format(format_, DEPTHS[0]), format_) else ()
