"""Who is told: the hooks that the settings name, by a word, and addresses that came with a submission."""

from storage.errors import SettingsError
from storage.objects.address import Address, check_web_address
from storage.settings import Settings

#: The hooks of the settings, which may be corrected while a notice waits. An address is neither.
COMMAND, URL = "command", "url"


def hooks_of(settings: Settings) -> list[str]:
    """The hooks that the settings name."""
    return [*([COMMAND] if settings.hook_command else []), *([URL] if settings.hook_url else [])]


def address_for(target: str, settings: Settings) -> Address:
    """Where a notice is posted; raises where that is not, or no longer, an address."""
    if target == URL and not settings.hook_url:
        raise SettingsError("VOICEFARM_HOOK_URL is not set any more where notices are delivered")
    return check_web_address(settings.hook_url if target == URL else target)
