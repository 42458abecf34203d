"""From wishes to commissions: every request that differs is checked once against the farm's voices and tags."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from dispatcher.jobs.checking import CheckedRequest, check_request
from dispatcher.jobs.request import Request
from dispatcher.jobs.tags import check_tags
from dispatcher.voices.voices import find_voice, job_settings
from dispatcher.wishes.sources import is_folder
from dispatcher.wishes.wish import Wish
from storage.audio.formats import FORMATS, format_of
from storage.errors import InputError, UnknownVoice
from storage.objects.address import Place
from storage.records.database import Database
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Commission:
    """A wish whose request was checked; there is no such request where the wish has an error."""

    wish: Wish
    checked: CheckedRequest | None

    @property
    def format(self) -> str:
        """The format of its result."""
        return self.checked.format if self.checked else FORMATS[0]


@dataclass(slots=True)
class Commissioning:
    """Checks requests, and remembers those that it has checked."""

    database: Database
    settings: Settings
    out: Place | None = None
    """The file that the result is to be, which may say its format."""
    _known: dict[tuple[int, str | None], tuple[Request, CheckedRequest]] = field(default_factory=dict)

    def all_of(self, wishes: Iterable[Wish]) -> list[Commission]:
        """All wishes with their checked requests; raises for the first request that cannot be."""
        return [Commission(wish, None if wish.error else self.checked(wish)) for wish in wishes]

    def checked(self, wish: Wish) -> CheckedRequest:
        """A wish's request, or an InputError that says why it cannot be."""
        format_ = self._format(wish)
        # The request is kept beside the result, so that its identity is not another's meanwhile.
        key = id(wish.request), format_
        if key not in self._known:
            checked = check_request(self.database, self.settings, replace(wish.request, format=format_))
            self._known[key] = wish.request, checked
        return self._known[key][1]

    def mistakes(self, wish: Wish) -> Iterator[tuple[str, InputError]]:
        """What is wrong with a wish's request, each with the name of what is to blame; nothing if it is good."""
        try:
            self.checked(wish)
            return
        except InputError as error:
            found = list(_blamed(self.database, self.settings, wish.request))
            try:
                self._format(wish)
            except InputError as refusal:
                if str(refusal) not in [str(known) for _, known in found]:
                    found.append(("output" if wish.name else "format", refusal))
            yield from found or [("", error)]

    def _format(self, wish: Wish) -> str:
        if wish.name is not None and Path(wish.name).suffix:
            return _format_of_name(wish.name, wish.request.format)
        return format_for(wish.request.format, self.out)


def format_for(format_: str | None, out: Place | None) -> str:
    """The format asked for, else the one that the output's name says, else wav."""
    if format_:
        return format_of(format_)
    named = out if out is not None and out.suffix and not is_folder(out) else None
    return FORMATS[0] if named is None else format_of(named.name)


def _format_of_name(name: str, asked: str | None) -> str:
    named = format_of(name)
    if asked is not None and format_of(asked) != named:
        raise InputError(f"the output {name} ends like {named}, but the format is to be {asked}; change one of them")
    return named


def _blamed(database: Database, settings: Settings, request: Request) -> Iterator[tuple[str, InputError]]:
    """Each part of a request that cannot be by itself."""
    try:
        check_tags(database, settings, request.require)
    except InputError as error:
        yield "require", error
    try:
        voice = find_voice(database, request.voice)
    except UnknownVoice as error:
        yield "voice", error
        return
    for name, value in request.settings.items():
        try:
            job_settings(voice, {name: value})
        except InputError as error:
            yield name, error
    plain = Request(request.voice)
    for part, *beside in (("format",), ("rate",), ("mix_back", "channels")):
        try:
            alone = {name: getattr(request, name) for name in (part, *beside)}
            check_request(database, settings, replace(plain, **alone))
        except InputError as error:
            yield part, error
