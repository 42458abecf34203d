"""A web server that sends parts of its one file, and counts what it sends."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.storage.crooked_s3 import Answer, Asked


def as_it_is(_: Asked, given: Answer) -> Answer:
    """Nothing is bent."""
    return given


@dataclass
class Parting:
    """Answers for `serving`; `bend` may change each before it is sent."""

    content: bytes
    bend: Callable[[Asked, Answer], Answer] = as_it_is
    sent: int = 0
    requests: int = 0

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one request."""
        if asked.method == "HEAD":
            return Answer(headers={"Content-Length": str(len(self.content))})
        given = self.bend(asked, self._part(asked.headers.get("Range", "")))
        self.requests += 1
        self.sent += len(given.body)
        return given

    def _part(self, wanted: str) -> Answer:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
        if not found:
            return Answer(headers={"ETag": '"1"'}, body=self.content)
        first, stop = int(found[1]), int(found[2] or len(self.content)) + 1
        body = self.content[first:stop]
        span = f"bytes {first}-{first + len(body) - 1}/{len(self.content)}"
        return Answer(206, {"ETag": '"1"', "Content-Range": span}, body)
