"""Who is told: the hooks that the settings name, by a word, and addresses that came with a submission."""

import shlex

from storage.errors import InputError, SettingsError
from storage.objects.address import Address, check_web_address
from storage.settings import Settings

#: The hooks of the settings, which may be corrected while a notice waits. An address is neither.
COMMAND, URL = "command", "url"


def hooks_of(settings: Settings) -> list[str]:
    """The hooks that the settings name."""
    return [*([COMMAND] if settings.hook_command else []), *([URL] if settings.hook_url else [])]


def all_told(settings: Settings, address: str) -> list[str]:
    """Those hooks, and the address that came with a submission unless that is the same."""
    return [*hooks_of(settings), *([address] if address and address != settings.hook_url else [])]


def address_of(target: str, settings: Settings) -> Address:
    """Where a notice is posted."""
    if target == URL and not settings.hook_url:
        raise _not_set("VOICEFARM_HOOK_URL")
    try:
        return check_web_address(settings.hook_url if target == URL else target)
    except InputError as error:
        if target != URL:
            raise
        raise SettingsError("VOICEFARM_HOOK_URL is no address of a web server; write https://host/path") from error


def command_of(settings: Settings) -> list[str]:
    """The program that is run, and its arguments."""
    if not settings.hook_command:
        raise _not_set("VOICEFARM_HOOK_COMMAND")
    try:
        words = shlex.split(settings.hook_command)
    except ValueError as error:
        raise SettingsError(f"VOICEFARM_HOOK_COMMAND cannot be split into words ({error}); check its quotes") from error
    if not words:
        raise SettingsError("VOICEFARM_HOOK_COMMAND names no program; write one, or leave it empty")
    return words


def _not_set(name: str) -> SettingsError:
    return SettingsError(f"{name} is not set any more where notices are delivered; set it there, or do without")
