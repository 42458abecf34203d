"""Which messages wait in the broker's queues, so that lost ones are noticed within seconds by comparison with SQL."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import redis
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from workers.wire.routes import HEARTBEAT_QUEUE, REPORT_QUEUE, SPLIT_QUEUE, STITCH_QUEUE, each_about
from workers.wire.sending import ABOUT
from workers.wire.transport import move_aside

logger = logging.getLogger("voicefarm.desk")

#: Seconds for which a message must be missing: whoever takes one says so at once, but the news takes time.
LOST_MESSAGE = 4.0
#: Heartbeats waiting to be read; behind more than these may be the news that a message was taken.
MOST_UNREAD = 100
#: Seconds for which a message may be in a process' hands before we check whether it still is.
IN_HAND = 60.0
#: A lease's token, or a stage and its job's number; anything else was not sent by the farm.
ABOUT_SHAPE = re.compile(r"[A-Za-z0-9_. ,-]{1,2000}")
#: Messages of one queue that are looked at; if more wait, nothing is considered lost.
MOST_WAITING = 2_000
#: Bytes of one queue that are looked at: thirty times what so many reports have, and few enough to read every second.
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the messages waiting in the broker are about, and whether these are all of them."""

    abouts: frozenset[str]
    is_all: bool = True


class Lookout:
    """Compares what should be waiting in the broker with what is."""

    def __init__(self) -> None:
        self.there: Waiting | None = None
        self.missed_since: dict[str, float] = {}
        self.asked: set[str] = set()

    def see(self, there: Waiting | None) -> None:
        """Take in what was just found, None if nobody could look; forget what has not been asked about since."""
        self.there = there
        self.missed_since = {about: since for about, since in self.missed_since.items() if about in self.asked}
        self.asked = set()

    @property
    def is_sure(self) -> bool:
        """Whether the last look saw everything."""
        return self.there is not None and self.there.is_all

    def may_wait(self, about: str) -> bool:
        """Whether a message about this is waiting, or may be among those that were too many to look at."""
        return self.there is not None and (about in self.there.abouts or not self.there.is_all)

    def is_lost(self, about: str, now: float) -> bool:
        """Whether a message has been missing for so long that it will never come."""
        self.asked.add(about)
        if self.there is None:
            return False
        if self.may_wait(about):
            self.missed_since.pop(about, None)
            return False
        # The earlier of the two, because a clock may have been set back since.
        since = self.missed_since[about] = min(self.missed_since.get(about, now), now)
        if now - since <= LOST_MESSAGE:
            return False
        # It will be sent again, and may go missing again.
        del self.missed_since[about]
        return True


class BrokerLook:
    """Reads queues without taking anything from them."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.connection = app.connection_for_read()

    def waiting(self, lease_queues: Iterable[str]) -> Waiting | None:
        """What all waiting messages are about, reports included; None if the broker is away."""
        try:
            channel = self.connection.default_channel
            keys = [
                channel.global_keyprefix + channel._q_for_pri(queue, step)  # noqa: SLF001 - kombu has no other word
                for queue in (*lease_queues, SPLIT_QUEUE, STITCH_QUEUE, REPORT_QUEUE)
                for step in channel.priority_steps
            ]
            with channel.client.pipeline(transaction=False) as pipe:
                pipe.execute_command("LLEN", HEARTBEAT_QUEUE)
                for key in keys:
                    pipe.execute_command("MEMORY USAGE", key)
                unread, *sizes = pipe.execute(raise_on_error=False)
            small = [key for key, size in zip(keys, sizes, strict=True) if isinstance(size, int) and size <= MOST_BYTES]
            found = self._messages(channel, small)
        except (OperationalError, RedisError, OSError, KeyError) as error:
            logger.debug("the broker could not be looked into: %s", error)
            self.connection.collect()
            return None
        is_all = (
            isinstance(unread, int)
            and unread <= MOST_UNREAD
            and len(small) == sum(size is not None for size in sizes)
            and all(messages is not None and len(messages) <= MOST_WAITING for messages in found)
        )
        abouts = {
            about
            for messages in found
            for content in messages or ()
            if (whole := _about(content))
            for about in each_about(whole)
        }
        return Waiting(frozenset(abouts), is_all)

    def _messages(self, channel: Any, keys: list[str]) -> list[list[bytes] | None]:
        """The messages under each key; None for one that is no queue, which is moved aside as a worker's mischief."""
        if not keys:
            return []
        with channel.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.execute_command("LRANGE", key, 0, MOST_WAITING)
            found = pipe.execute(raise_on_error=False)
        wrong = [key for key, messages in zip(keys, found, strict=True) if isinstance(messages, Exception)]
        if wrong:
            with redis.Redis(connection_pool=channel.pool) as plain:
                for key in wrong:
                    move_aside(plain, channel.global_keyprefix, key.removeprefix(channel.global_keyprefix), b"list")
        return [None if isinstance(messages, Exception) else messages for messages in found]

    def forget(self, is_over: Callable[[frozenset[str]], frozenset[str]]) -> int:
        """Remove messages that killed processes had in hand and that are no longer needed; returns how many.

        Redis would keep them for hours and then hand them out again. `is_over` says which of them are no longer wanted.
        """
        try:
            channel = self.connection.default_channel
            tags = channel.client.zrangebyscore(
                channel.global_keyprefix + channel.unacked_index_key, 0, time.time() - IN_HAND, 0, MOST_WAITING
            )
            if not tags:
                return 0
            notes = channel.client.execute_command("HMGET", channel.global_keyprefix + channel.unacked_key, *tags)
            about_tag = {tag: _about_noted(note) for tag, note in zip(tags, notes, strict=True)}
            over = is_over(frozenset(about_tag.values()))
            gone = [tag for tag, about in about_tag.items() if about in over]
            for tag in gone:
                channel.qos._remove_from_indices(tag.decode()).execute()  # noqa: SLF001 - as kombu's own ack does
        except (OperationalError, RedisError, OSError, KeyError) as error:
            logger.debug("messages in hand could not be looked at: %s", error)
            self.connection.collect()
            return 0
        return len(gone)


def _about_noted(note: bytes | None) -> str:
    """What a message in hand is about, from kombu's note of it."""
    try:
        message = json.loads(note or b"")[0]
        return _about(json.dumps(message).encode())
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return ""


def _about(content: bytes) -> str:
    """What one message is about; empty for one that is not ours."""
    try:
        about = json.loads(content)["headers"][ABOUT]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return about if isinstance(about, str) and ABOUT_SHAPE.fullmatch(about) else ""
