"""Asking a broker whether it is there, before anything is handed in that would wait for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kombu import Connection
from kombu.exceptions import OperationalError

from storage.errors import BrokerUnavailable, SettingsError
from storage.settings import Settings, redacted

if TYPE_CHECKING:
    import redis

#: What the farm can use: its priorities, expiries and prefixes are features of Redis.
SCHEMES = ("redis", "rediss", "redis+socket")
#: Seconds in which a broker that is there has answered. One that expects to be talked to otherwise, such as in TLS or
#: in plain, says nothing at all.
PATIENCE = 5.0


def require_broker(settings: Settings) -> None:
    """Fail soon, with a sentence, unless the configured broker answers and lets us in."""
    with broker_client(settings):
        pass


@contextmanager
def broker_client(settings: Settings) -> Iterator["redis.Redis"]:
    """The broker as the farm itself reaches it; whatever goes wrong becomes a sentence."""
    import redis

    try:
        with _connected(settings) as connection:
            yield connection.default_channel.client
    except (OperationalError, redis.RedisError, OSError) as error:
        raise BrokerUnavailable(
            f"the broker {redacted(settings.resolved_broker_url)} does not answer ({_said(error, settings)});"
            f" check VOICEFARM_BROKER_URL, its password, and that Redis runs{_about_tls(settings, error)}"
        ) from error


def _connected(settings: Settings) -> Connection:
    from workers.wire.celery_app import build_app

    scheme, there, _ = settings.resolved_broker_url.partition("://")
    if not there or scheme not in SCHEMES:
        raise _no_broker(settings)
    limits = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        connection = build_app(settings).connection_for_write(transport_options=limits)
        return connection.ensure_connection(max_retries=0)
    except (KeyError, ValueError, ImportError) as error:
        # Their messages may quote a part of the password.
        raise _no_broker(settings) from error


def _said(error: Exception, settings: Settings) -> str:
    """What the broker or the system said, or at least the kind of error."""
    return settings.hide_secrets(str(error)) or type(error).__name__


def _about_tls(settings: Settings, error: Exception) -> str:
    import redis

    if settings.broker_url.startswith("rediss://"):
        return " with TLS on this port; redis:// is for one without"
    # A server that expects TLS answers in TLS or hangs up, whichever reaches us first.
    is_odd = isinstance(error, redis.exceptions.InvalidResponse) or re.search("reset by peer|closed by", str(error))
    return "; rediss:// is for a port with TLS" if is_odd else ""


def _no_broker(settings: Settings) -> SettingsError:
    return SettingsError(
        f"VOICEFARM_BROKER_URL is {redacted(settings.broker_url)}, which names no broker that we can use;"
        " it must be like redis://:password@host:6379/0"
    )
