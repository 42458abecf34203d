"""Kombu's Redis transport, hardened so that nothing stored in the broker can end or silence a process of the farm.

Kombu assumes that only kombu writes there: a stray word in a queue, a key of another type or a full server ends its
consumer or makes it loop. Here such things are set aside, counted and logged, and work goes on.
"""

import time
from contextlib import suppress
from typing import Any

import redis
from kombu.exceptions import InconsistencyError
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.transport import redis as kombu_redis
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TimedOut

from workers.wire.rubbish import rubbish

#: Bytes of the longest message in Redis. A lease of 500 atoms has about 150,000, and reading a message takes ten times
#: its size in memory.
LONGEST_MESSAGE = 4_000_000
#: Prefix to which keys of a wrong type are renamed, so that somebody can look at them.
SET_ASIDE = "rubbish:"
#: Seconds to wait when Redis refuses to hand out messages.
BETWEEN_REFUSALS = 0.2
#: Errors raised when the broker itself is away, which kombu and Celery handle well.
AWAY = (Disconnected, TimedOut, OSError, InconsistencyError)


class QoS(kombu_redis.QoS):  # type: ignore[misc, unused-ignore]
    """Keeps track of messages in hand even where Redis refuses to."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Remember a message in hand: in Redis if it has room, otherwise only here."""
        try:
            super().append(message, delivery_tag)
        except ResponseError as error:
            rubbish.drop("message not noted as in hand", error)
            self.channel.mend_types()
            virtual.QoS.append(self, message, delivery_tag)

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:  # noqa: FBT001, FBT002
        """Put a message back, unless what is stored under its tag is not a message."""
        try:
            super().restore_by_tag(tag, client, leftmost)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - anything may be stored there
            rubbish.drop("malformed message in hand", error)
            self.channel.mend_types()
            with suppress(ResponseError):
                self._remove_from_indices(tag).execute()

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Look for messages whose worker is gone; only a backstop, so a refusal by the broker does no harm."""
        try:
            super().restore_visible(start, num, interval)
        except ResponseError as error:
            rubbish.drop("search for abandoned messages refused", error)
            self.channel.mend_types()


class Channel(kombu_redis.Channel):  # type: ignore[misc, unused-ignore]
    """Reads queues and broadcasts, and skips whatever is not a message."""

    QoS = QoS

    def mend_types(self) -> None:
        """Move aside every key of the farm that has the wrong type, so that it can be created anew."""
        lists = [self._q_for_pri(queue, step) for queue in self.active_queues for step in self.priority_steps]
        wanted = dict.fromkeys(lists, b"list") | {self.unacked_key: b"hash", self.unacked_index_key: b"zset"}
        wanted |= {self.keyprefix_queue % exchange: b"set" for exchange in self.state.exchanges}
        try:
            # Not self.client, which may be waiting for messages.
            with redis.Redis(connection_pool=self.pool) as plain:
                for key, kind in wanted.items():
                    move_aside(plain, self.global_keyprefix, key, kind)
        except RedisError as error:
            rubbish.drop("key of a wrong type that could not be moved", error)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        try:
            super()._queue_bind(exchange, routing_key, pattern, queue)
        except ResponseError as error:
            rubbish.drop("binding refused", error)
            self.mend_types()
            with suppress(ResponseError):
                # A full server refuses to note the binding, but still passes messages on.
                super()._queue_bind(exchange, routing_key, pattern, queue)

    def _brpop_read(self, **options: Any) -> bool:
        """Hand one message from a queue to its consumer."""
        try:
            found = self.client.parse_response(self.client.connection, "BRPOP", **options)
        except ResponseError as error:
            rubbish.drop("queue that cannot be read", error)
            self.mend_types()
            # If this process may not mend it, the desk will; asking again without a pause would change nothing.
            time.sleep(BETWEEN_REFUSALS)
            found = None
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        if not found:
            raise kombu_redis.Empty
        key, content = found
        queue = bytes_to_str(key).rsplit(self.sep, 1)[0]
        self._queue_cycle.rotate(queue)
        return self._hand_on(content, queue)

    def _hand_on(self, content: bytes, queue: str) -> bool:
        message = read_message(content, queue)
        if message is None:
            raise kombu_redis.Empty
        try:
            self.connection._deliver(message, queue)  # noqa: SLF001 - as kombu's own channel does
        except AWAY:
            raise
        except Exception as error:
            rubbish.drop("message that cannot be taken", error)
            with suppress(*AWAY, ResponseError):
                self.basic_ack(message["properties"]["delivery_tag"])
            raise kombu_redis.Empty from error
        return True

    def _deliver_fanout_message(self, message: Any, exchange: str) -> bool:
        """Hand one broadcast to whoever listens."""
        try:
            if not is_message(message):
                raise TypeError(f"{str(message)[:100]!r} was broadcast on {exchange}")  # noqa: TRY301
            return bool(super()._deliver_fanout_message(message, exchange))
        except AWAY:
            raise
        except Exception as error:
            rubbish.drop("malformed broadcast", error)
            raise kombu_redis.Empty from error


class Transport(kombu_redis.Transport):  # type: ignore[misc, unused-ignore]
    """Kombu's transport with the channel above."""

    Channel = Channel


def move_aside(plain: "redis.Redis", prefix: str, key: str, kind: bytes) -> None:
    """Rename a key that has the wrong type, so that it can be created anew in its old place."""
    found = plain.type(prefix + key)
    if found not in (kind, b"none"):
        plain.rename(prefix + key, f"{prefix}{SET_ASIDE}{key}.{time.time():.0f}")
        rubbish.drop("key of a wrong type", f"{key} was a {bytes_to_str(found)}")


def read_message(content: bytes, queue: str) -> Any:
    """A message as kombu wants it; None for anything else, which is counted."""
    if len(content) > LONGEST_MESSAGE:
        rubbish.drop("message of more than 4 MB", f"{len(content)} bytes in {queue}")
        return None
    try:
        message = loads(bytes_to_str(content))
    except (ValueError, TypeError, RecursionError) as error:
        rubbish.drop("text that is not JSON", f"{content[:100]!r} in {queue}: {error}")
        return None
    if not is_message(message):
        rubbish.drop("JSON that is not a message", f"{content[:100]!r} in {queue}")
        return None
    # Nothing on a farm sends delayed messages. A process would keep them in memory, and each would count against the
    # number that it may have in hand.
    if message["headers"].get("eta"):
        message["headers"]["eta"] = None
    return message


def is_message(message: Any) -> bool:
    """Whether it has the form of a kombu message."""
    if not isinstance(message, dict) or not isinstance(message.get("headers"), dict) or "body" not in message:
        return False
    properties = message.get("properties")
    return (
        isinstance(properties, dict)
        and isinstance(properties.get("delivery_info"), dict)
        and isinstance(properties.get("delivery_tag"), str)
    )


def use_for_redis() -> None:
    """Register it as the transport for every URL that names a Redis."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "workers.wire.transport:Transport"
