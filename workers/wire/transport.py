"""Kombu's Redis transport, so that nothing that lies in the broker can end or silence a process of the farm.

Kombu takes for granted that only kombu wrote there: one word in a queue, a key of another type or a full server ends
its consumer or sends it round in circles. Here such a thing is set aside, counted and told, and work goes on.
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

#: Bytes of a message as it lies in Redis; a lease of 500 atoms has about 150,000, and memory of ten times as many is
#: taken while it is read.
LONGEST_MESSAGE = 4_000_000
#: Where keys of a wrong type are moved, so that somebody can look at them.
SET_ASIDE = "rubbish:"
#: Seconds to wait where Redis refuses to hand out messages.
BETWEEN_REFUSALS = 0.2
#: What comes up when the broker itself is away, which kombu and Celery handle well.
AWAY = (Disconnected, TimedOut, OSError, InconsistencyError)


class QoS(kombu_redis.QoS):  # type: ignore[misc, unused-ignore]
    """Keeps account of messages in hand even where Redis does not play along."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Remember a message in hand, in Redis where it has room for that, else only here."""
        try:
            super().append(message, delivery_tag)
        except ResponseError as error:
            rubbish.drop("message not noted as in hand", error)
            self.channel.mend_types()
            virtual.QoS.append(self, message, delivery_tag)

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:  # noqa: FBT001, FBT002
        """Put a message back, unless what is noted under its tag is none."""
        try:
            super().restore_by_tag(tag, client, leftmost)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - what may lie there has no end
            rubbish.drop("message in hand that is none", error)
            self.channel.mend_types()
            with suppress(ResponseError):
                self._remove_from_indices(tag).execute()

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Look for messages whose worker is gone; only a backstop, so that a broker which refuses costs nothing."""
        try:
            super().restore_visible(start, num, interval)
        except ResponseError as error:
            rubbish.drop("look for abandoned messages refused", error)
            self.channel.mend_types()


class Channel(kombu_redis.Channel):  # type: ignore[misc, unused-ignore]
    """Reads queues and broadcasts; what is no message is passed over."""

    QoS = QoS

    def mend_types(self) -> None:
        """Move every key of ours aside that is not of the type that it must be, so that it can be made anew."""
        lists = [self._q_for_pri(queue, step) for queue in self.active_queues for step in self.priority_steps]
        wanted = dict.fromkeys(lists, b"list") | {self.unacked_key: b"hash", self.unacked_index_key: b"zset"}
        wanted |= {self.keyprefix_queue % exchange: b"set" for exchange in self.state.exchanges}
        try:
            # Not self.client, which is in the middle of waiting for messages.
            with redis.Redis(connection_pool=self.pool) as plain:
                for key, kind in wanted.items():
                    move_aside(plain, self.global_keyprefix, key, kind)
        except RedisError as error:
            rubbish.drop("key of a wrong type that stays", error)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        try:
            super()._queue_bind(exchange, routing_key, pattern, queue)
        except ResponseError as error:
            rubbish.drop("binding refused", error)
            self.mend_types()
            with suppress(ResponseError):
                # A full server refuses the note but not the messages.
                super()._queue_bind(exchange, routing_key, pattern, queue)

    def _brpop_read(self, **options: Any) -> bool:
        """One message of a queue to whoever consumes it."""
        try:
            found = self.client.parse_response(self.client.connection, "BRPOP", **options)
        except ResponseError as error:
            rubbish.drop("queue that cannot be read", error)
            self.mend_types()
            # Where we may not mend it, the desk will; asking without a break would change nothing.
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
        """One broadcast to whoever listens."""
        try:
            if not is_message(message):
                raise TypeError(f"{str(message)[:100]!r} was broadcast on {exchange}")  # noqa: TRY301
            return bool(super()._deliver_fanout_message(message, exchange))
        except AWAY:
            raise
        except Exception as error:
            rubbish.drop("broadcast that is none", error)
            raise kombu_redis.Empty from error


class Transport(kombu_redis.Transport):  # type: ignore[misc, unused-ignore]
    """Kombu's, with our channel."""

    Channel = Channel


def move_aside(plain: "redis.Redis", prefix: str, key: str, kind: bytes) -> None:
    """Rename a key that is not of the type that it must be; where it lay it can be made anew."""
    found = plain.type(prefix + key)
    if found not in (kind, b"none"):
        plain.rename(prefix + key, f"{prefix}{SET_ASIDE}{key}.{time.time():.0f}")
        rubbish.drop("key of a wrong type", f"{key} was a {bytes_to_str(found)}")


def read_message(content: bytes, queue: str) -> Any:
    """A message as kombu wants it, or None for what is none, which is counted."""
    if len(content) > LONGEST_MESSAGE:
        rubbish.drop("message of more than 4 MB", f"{len(content)} bytes in {queue}")
        return None
    try:
        message = loads(bytes_to_str(content))
    except (ValueError, TypeError, RecursionError) as error:
        rubbish.drop("text that is no JSON", f"{content[:100]!r} in {queue}: {error}")
        return None
    if not is_message(message):
        rubbish.drop("JSON that is no message", f"{content[:100]!r} in {queue}")
        return None
    # Nobody on a farm sends for later. A process would keep such messages in memory, and each would take a place among
    # those that it may have in hand.
    if message["headers"].get("eta"):
        message["headers"]["eta"] = None
    return message


def is_message(message: Any) -> bool:
    """Whether kombu can make something of it."""
    if not isinstance(message, dict) or not isinstance(message.get("headers"), dict) or "body" not in message:
        return False
    properties = message.get("properties")
    return (
        isinstance(properties, dict)
        and isinstance(properties.get("delivery_info"), dict)
        and isinstance(properties.get("delivery_tag"), str)
    )


def use_for_redis() -> None:
    """Make it the transport of every URL that names a Redis."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "workers.wire.transport:Transport"
