"""The broker's messages as stored in Redis: look at them, take them out, put them back, twice or in another order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import redis

#: What kombu puts between a queue's name and the priority, in the key of a list below the highest priority.
PRIORITY_MARK = "\x06\x16"
#: The key of messages that a consumer has taken but not acknowledged.
UNACKNOWLEDGED = "unacked"
#: Queues of commands and their answers, which come and go with their processes and hold nothing of a job.
COMMANDS = (".pidbox", ".reply.")


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that we have taken out of the broker."""

    key: str
    raw: bytes


class Messages:
    """One farm's messages."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self.client = client
        self.prefix = prefix

    def close(self) -> None:
        """Close the connection to the broker."""
        self.client.close()

    def lists(self) -> list[str]:
        """The key of every list with messages for the farm's own tasks."""
        keys = [bytes(key).decode() for key in self.client.scan_iter(f"{self.prefix}*", _type="LIST")]
        return sorted(key for key in keys if not any(mark in key for mark in COMMANDS))

    def left(self) -> list[str]:
        """A line for each list in which messages wait."""
        lines = []
        for key in self.lists():
            if count := self.client.llen(key):
                first = cast("bytes | None", self.client.lindex(key, -1))
                lines.append(f"{count} messages in the list {self._shown(key)}, the next {_named(first)}")
        return lines

    def unacknowledged(self) -> list[str]:
        """A line for each message that somebody has taken but not yet acknowledged."""
        lines = []
        for raw in cast("list[bytes]", self.client.hvals(self.prefix + UNACKNOWLEDGED)):
            message, _, queue = json.loads(raw)
            task = message.get("headers", {}).get("task", "a message")
            lines.append(f"{task} of the queue {queue} is unacknowledged")
        return lines

    def copy_some(self, chance: Random, most: int) -> int:
        """Add copies of waiting messages, in any queue; returns how many."""
        copied = 0
        for key in self._shuffled(chance):
            for raw in cast("list[bytes]", self.client.lrange(key, 0, -1))[: most - copied]:
                copied += 1
                self.client.lpush(key, raw)
        return copied

    def copy_unacknowledged(self, chance: Random, most: int) -> int:
        """Send again messages that somebody is working on, as Redis's own timeout would; returns how many."""
        entries = cast("list[bytes]", self.client.hvals(self.prefix + UNACKNOWLEDGED))
        chosen = chance.sample(sorted(entries), min(most, len(entries)))
        for raw in chosen:
            message, _, queue = json.loads(raw)
            priority = int(message.get("properties", {}).get("priority", 0))
            key = f"{self.prefix}{queue}" + (f"{PRIORITY_MARK}{priority}" if priority else "")
            self.client.lpush(key, json.dumps(message))
        return len(chosen)

    def take(self, queues: Sequence[str], seconds: float) -> Taken | None:
        """Take the next message of these queues, in competition with its real consumers."""
        keys = [key for queue in queues for key in self._keys(queue)]
        found = cast("tuple[bytes, bytes] | None", self.client.brpop(keys, timeout=seconds))
        return Taken(found[0].decode(), found[1]) if found else None

    def put(self, taken: Taken) -> None:
        """Put a message back at the end of its queue."""
        self.client.lpush(taken.key, taken.raw)

    def queues(self) -> list[str]:
        """Names of the queues that have or had a consumer."""
        marks = [bytes(key).decode() for key in self.client.scan_iter(f"{self.prefix}_kombu.binding.*")]
        names = {mark.removeprefix(f"{self.prefix}_kombu.binding.") for mark in marks}
        waiting = {key.removeprefix(self.prefix).partition(PRIORITY_MARK)[0] for key in self.lists()}
        return sorted(name for name in names | waiting if not any(m in name for m in (*COMMANDS, "celery")))

    def _shuffled(self, chance: Random) -> list[str]:
        keys = self.lists()
        chance.shuffle(keys)
        return keys

    def _keys(self, queue: str) -> list[str]:
        return [f"{self.prefix}{queue}{mark}" for mark in ("", *(f"{PRIORITY_MARK}{p}" for p in (3, 6, 9)))]

    def _shown(self, key: str) -> str:
        return key.removeprefix(self.prefix).replace(PRIORITY_MARK, " at priority ")


def _named(raw: bytes | None) -> str:
    message: dict[str, Any] = json.loads(raw) if raw else {}
    return str(message.get("headers", {}).get("task", "gone by now"))
