"""Whether the hooks that the settings name can work, and whether all were told."""

import shutil
from collections.abc import Iterator
from ipaddress import ip_address

from sqlalchemy import func, select

from dispatcher.hooks.signing import key_of
from dispatcher.hooks.targets import URL, address_of, command_of
from dispatcher.local.checks.database import is_worker_only, opened, unready
from dispatcher.local.finding import Said
from storage.errors import ServiceError, SettingsError
from storage.objects.address import Address
from storage.records.database import Database
from storage.records.notices import NoticeRecord
from storage.records.states import NoticeState
from storage.settings import Settings


def look(settings: Settings) -> Said:
    """Look at the settings, without telling anybody anything, and at what could not be told."""
    if not settings.has_hooks:
        said, notes = "none is set", []
    else:
        said, notes = "; ".join(_usable(settings)), list(_notes(settings))
    if lost := _given_up(settings):
        notes.append(f"{lost} {'notice' if lost == 1 else 'notices'} could not be delivered")
    return Said("; ".join([said, *notes]), is_note=bool(notes))


def _usable(settings: Settings) -> Iterator[str]:
    if settings.hook_command:
        program = command_of(settings)[0]
        if shutil.which(program) is None:
            raise SettingsError(
                f"VOICEFARM_HOOK_COMMAND names {program}, which is no program that can be run here;"
                " check its path and that it is executable"
            )
        yield f"{program} is run"
    if settings.hook_url:
        address = address_of(URL, settings)
        key_of(settings.hook_secret)
        yield f"{address.scheme}://{address.host} is told"


def _notes(settings: Settings) -> Iterator[str]:
    if not settings.hook_url:
        return
    address = address_of(URL, settings)
    if address.scheme == "http" and not _is_here(address):
        yield "by http, so that everybody on the way can read and change it"
    if not settings.hook_secret:
        yield "unsigned, as VOICEFARM_HOOK_SECRET is not set"


def _is_here(address: Address) -> bool:
    """Whether a server is on this machine."""
    name = address.host.rpartition("]")[0].removeprefix("[") or address.host.partition(":")[0]
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _given_up(settings: Settings) -> int:
    if is_worker_only(settings) or unready(settings):
        return 0
    try:
        with opened(settings) as database:
            return _count(database)
    except ServiceError:
        # The database's own check says so.
        return 0


def _count(database: Database) -> int:
    given_up = select(func.count()).select_from(NoticeRecord).where(NoticeRecord.state == NoticeState.GIVEN_UP)
    with database.reading() as connection:
        return connection.execute(given_up).scalar_one()
