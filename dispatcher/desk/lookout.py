"""Which messages wait in the broker's queues, so that what it has lost is known from SQL within seconds."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import redis
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from workers.routes import HEARTBEAT_QUEUE, SPLIT_QUEUE, STITCH_QUEUE
from workers.sending import ABOUT
from workers.transport import move_aside

logger = logging.getLogger("voicefarm.desk")

#: Seconds for which a message must be missed: who takes one from its queue says so at once, but the word takes time.
LOST_MESSAGE = 4.0
#: Heartbeats that wait to be read; behind more of them may lie the word that a message was taken.
MOST_UNREAD = 100
#: Seconds for which a message may be in somebody's hands without anybody asking whether it still is.
IN_HAND = 60.0
#: A lease's token, or a stage and the number of its job; anything else is of somebody who means no good.
ABOUT_SHAPE = re.compile(r"[A-Za-z0-9_. -]{1,64}")
#: Messages of one queue that are looked at; where more wait, nothing is believed lost.
MOST_WAITING = 2_000


class Lookout:
    """Compares what should wait in the broker with what does."""

    def __init__(self) -> None:
        self.there: frozenset[str] | None = None
        self.missed_since: dict[str, float] = {}
        self.asked: set[str] = set()

    def see(self, there: Iterable[str] | None) -> None:
        """What was found just now; None where nobody could look. What nobody has asked about since is forgotten."""
        self.there = None if there is None else frozenset(there)
        self.missed_since = {about: since for about, since in self.missed_since.items() if about in self.asked}
        self.asked = set()

    @property
    def is_sure(self) -> bool:
        """Whether the last look found out anything."""
        return self.there is not None

    def is_lost(self, about: str, now: float) -> bool:
        """Whether a message has been missing for so long that it will not come any more."""
        self.asked.add(about)
        if self.there is None:
            return False
        if about in self.there:
            self.missed_since.pop(about, None)
            return False
        # The earlier of the two, for a clock may have been set back since.
        since = self.missed_since[about] = min(self.missed_since.get(about, now), now)
        if now - since <= LOST_MESSAGE:
            return False
        # It will be sent anew, and may be missed anew.
        del self.missed_since[about]
        return True


class BrokerLook:
    """Reads queues without taking anything from them."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.connection = app.connection_for_read()

    def abouts(self, lease_queues: Iterable[str]) -> set[str] | None:
        """What all waiting messages are about; None where the broker is away or too much waits to say."""
        try:
            channel = self.connection.default_channel
            keys = [
                channel._q_for_pri(queue, step)  # noqa: SLF001 - kombu has no other word for it
                for queue in (*lease_queues, SPLIT_QUEUE, STITCH_QUEUE)
                for step in channel.priority_steps
            ]
            with channel.client.pipeline(transaction=False) as pipe:
                pipe.execute_command("LLEN", HEARTBEAT_QUEUE)
                for key in keys:
                    pipe.execute_command("LRANGE", channel.global_keyprefix + key, 0, MOST_WAITING)
                unread, *found = pipe.execute(raise_on_error=False)
            if wrong := [key for key, messages in zip(keys, found, strict=True) if isinstance(messages, Exception)]:
                self._mend(channel, wrong)
                return None
        except (OperationalError, RedisError, OSError, KeyError) as error:
            logger.debug("the broker could not be looked into: %s", error)
            self.connection.collect()
            return None
        if (
            not isinstance(unread, int)
            or unread > MOST_UNREAD
            or any(len(messages) > MOST_WAITING for messages in found)
        ):
            return None
        return {about for messages in found for content in messages if (about := _about(content))}

    def forget(self, is_over: Callable[[frozenset[str]], frozenset[str]]) -> int:
        """Remove messages that a process had in hand when it was killed, and that are of no use any more; how many.

        Redis would keep them for hours and then hand them out again. `is_over` says what of these is no longer wanted.
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

    def _mend(self, channel: Any, keys: list[str]) -> None:
        """Move aside what is in the place of queues: workers have no right to."""
        with redis.Redis(connection_pool=channel.pool) as plain:
            for key in keys:
                move_aside(plain, channel.global_keyprefix, key, b"list")


def _about_noted(note: bytes | None) -> str:
    """What a message in hand is about, by kombu's note of it."""
    try:
        message = json.loads(note or b"")[0]
        return _about(json.dumps(message).encode())
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return ""


def _about(content: bytes) -> str:
    """What one message is about; nothing for one that is none of ours."""
    try:
        about = json.loads(content)["headers"][ABOUT]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return about if isinstance(about, str) and ABOUT_SHAPE.fullmatch(about) else ""
