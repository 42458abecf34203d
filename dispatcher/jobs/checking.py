"""Checking a request against the farm's voices and tags, before any recording is read."""

from dataclasses import dataclass
from functools import cached_property

from dispatcher.jobs.effects import effects_identity, with_effects
from dispatcher.jobs.request import Request
from dispatcher.jobs.result_shape import check_shape, mixes_back
from dispatcher.jobs.tags import check_tags
from dispatcher.voices.needed import complete_recipe
from dispatcher.voices.voices import find_voice, job_settings
from storage import keys
from storage.audio.channels import ALL_MIXED, Channels
from storage.audio.formats import FORMATS, format_of, writable_rate
from storage.errors import InputError
from storage.objects.address import check_web_address
from storage.records.database import Database
from storage.remedies import Act, Remedy
from storage.settings import Settings
from workers.engines import catalog
from workers.wire.routes import engine_tag

#: The range of a result's rate.
RATES = range(8_000, 192_001)


@dataclass(frozen=True)
class CheckedRequest:
    """A request checked against the farm's voices and tags; it serves for many recordings."""

    request: Request
    engine: str
    recipe: dict[str, object]
    settings: dict[str, object]
    needs: tuple[str, ...]
    rate_voice: int
    rate_out: int
    format: str
    channels: Channels = ALL_MIXED
    mix_back: bool = False
    """Whether the other channels of a recording go into its result."""
    leaves_open: bool = False
    """Whether the settings leave something to the farm's choice."""

    @cached_property
    def hash(self) -> str:
        """Of all that makes two results of one recording differ."""
        facts = {
            "engine": self.engine,
            "version": catalog.engine(self.engine).version,
            "recipe": self.recipe,
            "settings": self.settings,
            "rate": self.rate_out,
            "format": self.format,
            **({} if self.channels == ALL_MIXED else {"channels": self.channels.text}),
            **({"mix_back": True} if self.mix_back else {}),
            **self.request.unusual,
            **effects_identity(self.request),
        }
        return keys.digest(facts)


def check_request(database: Database, settings: Settings, request: Request) -> CheckedRequest:
    """Check all of a request that can be checked before any recording is read."""
    voice, channels = find_voice(database, request.voice), Channels.of(request.channels)
    mixing_back = mixes_back(request, channels, usually=settings.mix_back)
    request = with_effects(database, request, many_channels=mixing_back or channels.is_each)
    check_tags(database, settings, request.require)
    kind = format_of(request.format or FORMATS[0])
    check_shape(request, kind)
    if request.notify:
        check_web_address(request.notify)
    rate = request.rate or writable_rate(kind, voice.rate, request.depth)
    if rate not in RATES:
        raise InputError(f"{rate} Hz cannot be a result's rate; choose one from {RATES.start} to {RATES.stop - 1}")
    if (writable := writable_rate(kind, rate, request.depth)) != rate:
        raise InputError(f"{kind} files cannot have {rate} Hz", Remedy(Act.CHOOSE_RATE, str(writable)))
    wanted = job_settings(voice, request.settings)
    engine = catalog.engine(voice.engine)
    return CheckedRequest(
        request=request,
        engine=voice.engine,
        recipe=complete_recipe(database, voice, wanted),
        settings=wanted,
        needs=tuple(sorted({engine_tag(engine.name, engine.version), *engine.needs(wanted), *request.require})),
        rate_voice=voice.rate,
        rate_out=rate,
        format=kind,
        channels=channels,
        mix_back=mixing_back,
        leaves_open=bool(engine.ways(wanted)),
    )
