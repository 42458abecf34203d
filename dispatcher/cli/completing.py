"""Values that the shell completes: what the farm's records know of, and words that engines accept."""

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

import click

from storage.printable import printable
from storage.records.states import ENDED_JOBS, JobState
from storage.spelling import guessed

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from storage.records.database import Database

#: What is offered: a value, and a few words about it.
Offer = tuple[str, str]
#: The newest jobs that are offered; older ones are known by heart or found with `voicefarm jobs`.
_JOBS = 50
#: The states of jobs that a command can do something with; other commands take any.
_STATES: dict[str, frozenset[JobState]] = {
    "cancel": frozenset(JobState) - frozenset(ENDED_JOBS),
    "retry": frozenset({JobState.FAILED, JobState.CANCELLED}),
    "fetch": frozenset({JobState.FINISHED}),
}


class OneOf(click.Choice):  # type: ignore[type-arg]
    """One of a few words; a misspelt one is asked about."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, or an error that lists all."""
        if value not in self.choices:
            refused = f"{str(value)!a} is not one of {', '.join(self.choices)}"
            self.fail(guessed(refused, str(value), self.choices), param, ctx)
        return str(super().convert(value, param, ctx))


class Offered(click.ParamType):  # type: ignore[type-arg]
    """Text of which the shell and the help offer the usual values; whoever reads it later says what is wrong with it.

    So there is one sentence for a wrong word, however it was given.
    """

    name = "text"

    def __init__(self, words: Collection[str]) -> None:
        self.words = tuple(words)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        """The words, as click shows those of a choice."""
        return f"[{'|'.join(self.words)}]"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[Any]]":
        """The words that begin like this."""
        return offered(((word, "") for word in self.words_for(ctx, param)), incomplete)

    def words_for(self, ctx: click.Context, param: click.Parameter) -> Collection[str]:  # noqa: ARG002
        """The words that fit what the command line says so far."""
        return self.words


class Recorded(click.ParamType):  # type: ignore[type-arg]
    """The name of something that the farm keeps records of, which the shell completes from there."""

    def __init__(
        self, name: str, read: Callable[["Database"], Iterable[Offer]], always: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self.name = name
        self.read = read
        self.always = always

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem[Any]]":
        """The names that begin like this; without the records, those that need none."""
        return offered(looked_up(self.read) or [(name, "") for name in self.always()], incomplete)


class JobNumber(click.IntRange):
    """A number that a job can have."""

    name = "number of a job"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[Any]]":
        """The newest jobs that the command can do something with, newest first."""
        states = _STATES.get(ctx.command.name or "", frozenset(JobState))
        given = ctx.params.get(param.name or "") or ()
        taken = {str(number) for number in (given if isinstance(given, tuple) else (given,))}
        return offered((o for o in looked_up(lambda d: _jobs(d, states)) if o[0] not in taken), incomplete)


JOB_NUMBER = JobNumber(1, 2**63 - 1)


class JobOrBatch(click.ParamType):  # type: ignore[type-arg]
    """The number of a job, or a batch's name."""

    name = "job or batch"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """A number is a job's; everything else is a name."""
        if isinstance(value, int):
            return value
        is_number = value.removeprefix("-").isdecimal()
        return JOB_NUMBER.convert(value, param, ctx) if is_number else str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[Any]]":
        """The newest jobs that the command can do something with, and the newest batches."""
        return [*JOB_NUMBER.shell_complete(ctx, param, incomplete), *offered(looked_up(_batches), incomplete)]


JOB_OR_BATCH = JobOrBatch()


def offered(offers: Iterable[Offer], incomplete: str) -> "list[CompletionItem[Any]]":
    """What begins like this, for the shell; its protocol has a line for each, so names stay on theirs."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(v, help=printable(said) or None) for v, said in offers if v.startswith(incomplete)]


def looked_up(read: Callable[["Database"], Iterable[Offer]]) -> list[Offer]:
    """What the records offer, if they can be read at once."""
    from dispatcher.client.glance import glance

    return glance(lambda database: list(read(database))) or []


def engine_of(voice: str) -> str:
    """The engine of a voice, or nothing where that cannot be told at once."""
    from dispatcher.client.glance import glance
    from dispatcher.voices.voices import find_voice
    from workers.engines import catalog

    engine, _ = catalog.built_in_voices().get(voice, ("", {}))
    return engine or glance(lambda database: find_voice(database, voice).engine) or ""


def _jobs(database: "Database", states: Collection[JobState]) -> Iterable[Offer]:
    from dispatcher.jobs.loading import newest_jobs

    for number, name, voice, state in newest_jobs(database, _JOBS, states):
        yield str(number), f"{name} ({voice}, {state})"


def _batches(database: "Database") -> Iterable[Offer]:
    from dispatcher.jobs.batches import newest_batches

    with database.reading() as connection:
        return [(name, f"{jobs} jobs") for name, jobs in newest_batches(connection, _JOBS)]


def _voices(database: "Database") -> Iterable[Offer]:
    from dispatcher.voices.voices import all_voices

    return [(v.name, f"{v.called}, {'built in' if v.built_in else 'added'}") for v in all_voices(database)]


def _added_voices(database: "Database") -> Iterable[Offer]:
    from dispatcher.voices.voices import all_voices

    return [(v.name, v.called) for v in all_voices(database) if not v.built_in]


def _models(database: "Database") -> Iterable[Offer]:
    from dispatcher.voices.models import all_models

    return [(model.name, model.called) for model in all_models(database)]


def _keys(database: "Database") -> Iterable[Offer]:
    from dispatcher.desk.worker_keys import all_keys

    return [(key.name, "") for key in all_keys(database)]


def _chains(database: "Database") -> Iterable[Offer]:
    from dispatcher.jobs.chains import named_chains

    return list(named_chains(database).items())


def _tags(database: "Database") -> Iterable[Offer]:
    from dispatcher.jobs.tags import known_tags
    from storage.settings import Settings

    return [(tag, "") for tag in sorted(known_tags(database, Settings.load()))]


def _built_in_voices() -> Iterable[str]:
    from workers.engines import catalog

    return catalog.built_in_voices()


VOICE = Recorded("voice", _voices, _built_in_voices)
ADDED_VOICE = Recorded("voice", _added_voices)
MODEL = Recorded("model", _models)
BATCH = Recorded("batch", _batches)
WORKER_KEY = Recorded("worker key", _keys)
TAG = Recorded("tag", _tags)
CHAIN = Recorded("chain", _chains)
