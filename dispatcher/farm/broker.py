"""Asking a broker whether it is there, before anything is handed in that would wait for it."""

from kombu.exceptions import OperationalError

from storage.errors import BrokerUnavailable, SettingsError
from storage.settings import Settings, redacted


def require_broker(settings: Settings) -> None:
    """Raise at once, in a sentence, unless the broker that is set answers and lets us in."""
    from workers.app import build_app

    if "://" not in settings.broker_url:
        raise _no_broker(settings)
    try:
        with build_app(settings).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.0)
    except (OperationalError, OSError) as error:
        raise BrokerUnavailable(
            f"the broker {redacted(settings.broker_url)} does not answer ({error});"
            " check VOICEFARM_BROKER_URL, its password, and that Redis runs"
        ) from error
    except (KeyError, ValueError, ImportError) as error:
        # What they say may quote a part of the password.
        raise _no_broker(settings) from error


def _no_broker(settings: Settings) -> SettingsError:
    return SettingsError(
        f"VOICEFARM_BROKER_URL is {redacted(settings.broker_url)}, which names no broker that we can use;"
        " it must be like redis://:password@host:6379/0"
    )
