"""What a result is to hold beside its sound, and how deep that is: checked as it is asked for, and on the recording."""

from dispatcher.jobs.request import Request
from storage.audio.channels import Channels
from storage.audio.depth import check_depth, chosen_depth, is_less
from storage.audio.facts import SourceFacts
from storage.audio.formats import FILMS, FORMATS, formats_with, most_channels, sound_format
from storage.audio.layouts import has_room, names_loudspeakers
from storage.errors import InputError
from storage.remedies import Act, Remedy

#: Tracks of sound that somebody may ask for; no film has as many.
_MOST_TRACKS = 1_000


def check_shape(request: Request, format_: str) -> None:
    """Check what can be checked before any recording is read."""
    check_depth(format_, request.depth)
    if request.keep_original and format_ not in FILMS:
        raise InputError(
            f"{format_} files have room for one track of sound only, so the recording's own cannot stay beside it",
            Remedy(Act.LEAVE_ORIGINAL), Remedy(Act.CHOOSE_FORMAT, " or ".join(FILMS)),
        )  # fmt: skip
    if request.mix_back and Channels.of(request.channels).number is None:
        raise InputError(
            "with all channels converted there is none left that could be mixed back",
            Remedy(Act.CHOOSE_CHANNEL), Remedy(Act.LEAVE_OTHERS),
        )  # fmt: skip
    if not 0 <= request.track < _MOST_TRACKS:
        raise InputError(f"{request.track + 1} is no number of a track", Remedy(Act.CHOOSE_TRACK, "1"))


def mixes_back(request: Request, channels: Channels, *, usually: bool) -> bool:
    """Whether other channels go into the result; what is usual says so only of requests that leave some over."""
    return channels.number is not None and (usually if request.mix_back is None else request.mix_back)


def refuse_shape(facts: SourceFacts, format_: str) -> None:
    """Refuse a film of a recording that has no pictures, or none that this format holds."""
    if format_ not in FILMS or format_ in facts.films:
        return
    sound = sound_format(format_, None)
    alone = Remedy(Act.CHOOSE_FORMAT, sound if sound == FORMATS[-1] else f"{FORMATS[-1]} or {sound}")
    if not facts.pictures:
        raise InputError(f"{facts.name} holds no pictures, so it cannot become a film in {format_}", alone)
    if not facts.films:
        raise InputError(
            f"the pictures of {facts.name} cannot stay as they are, because only {', '.join(FILMS)} keep them", alone
        )
    others = Remedy(Act.CHOOSE_FORMAT, " or ".join(facts.films))
    raise InputError(f"the pictures of {facts.name} cannot stay as they are in {format_}", others, alone)


def channels_within(
    facts: SourceFacts, wanted: Channels, format_: str, depth: str | None, *, mix_back: bool = False
) -> Channels:
    """Which channels of this recording are meant; raises if it has no such channel, or the format no room for all that
    its result gets.
    """
    channels, count, most = wanted.within(facts.channels, facts.name), facts.channels, most_channels(format_, depth)
    if (channels.is_each and count > most) or (mix_back and not has_room(format_, depth, count, facts.layout)):
        others = [Remedy(Act.CHOOSE_FORMAT, other) for other in formats_with(count)[:1]]
        unless = ", unless its header names them as loudspeakers that these know" if mix_back else ""
        raise InputError(
            f"{facts.name} has {count} channels, but {format_} files hold no more than {most}"
            f"{unless if names_loudspeakers(format_, depth) else ''}",
            *others,
            Remedy(Act.LEAVE_OTHERS if mix_back else Act.CHOOSE_CHANNEL),
        )
    return channels


def shape_columns(facts: SourceFacts, request: Request, format_: str) -> dict[str, object]:
    """What the record of a job says about it."""
    depth = chosen_depth(format_, request.depth, facts.depth)
    return {
        "depth": depth,
        # Whether rounding needs noise is found in the recording too.
        "extras": facts.extras or format_ in FILMS or is_less(depth, facts.depth),
        "track": request.track,
        "keep_original": request.keep_original,
    }
