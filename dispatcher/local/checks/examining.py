"""All checks, one after the other: none stops the next, and none repeats what another has said."""

from collections.abc import Callable, Iterator

from dispatcher.local.checks import broker, database, hooks, machine, object_store, records
from dispatcher.local.finding import Finding, Said
from storage.errors import VoicefarmError
from storage.remedies import Act, Remedy
from storage.settings import Settings

CHECKS: dict[str, Callable[[Settings], Said]] = {
    "broker": broker.look,
    "state folder": machine.look_at_state,
    "database": database.look,
    "object store": object_store.look,
    "disk": machine.look_at_disks,
    "device": machine.look_at_device,
    "engines": machine.look_at_engines,
    "models": records.look_at_models,
    "farm": records.look_at_farm,
    "trust": records.look_at_trust,
    "hooks": hooks.look,
}


def examine(settings: Settings, unforeseen: Callable[[Exception], None] | None = None) -> Iterator[Finding]:
    """What each check found; `unforeseen` is called with errors that have no sentence of their own."""
    unusable: list[str] = []
    for what, check in CHECKS.items():
        cause = next((need for need in _needs(what, settings) if need in unusable), None)
        if cause:
            finding = Finding(what, ok=True, said=f"not asked, because the {cause} cannot be used", is_note=True)
        else:
            finding = _find(what, check, settings, unforeseen)
        if cause or not finding.ok:
            unusable.append(what)
        yield finding


def _needs(what: str, settings: Settings) -> Iterator[str]:
    """The checks that must pass first, because this one would only repeat what they say."""
    if (what, "") in (("database", settings.database_url), ("object store", settings.objects_url), ("disk", "")):
        yield "state folder"
    if what in ("models", "farm", "trust"):
        yield "database"
    if what == "models":
        yield "object store"
    if what == "engines":
        yield "device"


def _find(
    what: str,
    check: Callable[[Settings], Said],
    settings: Settings,
    unforeseen: Callable[[Exception], None] | None,
) -> Finding:
    try:
        said = check(settings)
    except VoicefarmError as error:
        return Finding(what, ok=False, said=settings.hide_secrets(error.sentence), remedies=error.remedies)
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        return Finding(what, ok=False, said=settings.hide_secrets(f"{error.strerror or type(error).__name__}{place}"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks have something to say
        if unforeseen is not None:
            unforeseen(error)
        sentence = f"it cannot be checked ({type(error).__name__})"
        return Finding(what, ok=False, said=sentence, remedies=(Remedy(Act.TRACE),))
    return Finding(what, ok=True, said=settings.hide_secrets(said.text), is_note=said.is_note, remedies=said.remedies)
