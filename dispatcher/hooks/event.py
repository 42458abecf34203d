"""An event as it is told: that a job or a batch has ended, and how it stands."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

JOB_ENDED = "job.ended"
BATCH_ENDED = "batch.ended"


def new_event() -> str:
    """What an event is known by, whoever is told of it and however often."""
    return f"evt_{uuid4().hex}"


def event_body(kind: str, at: float, data: Mapping[str, Any]) -> str:
    """The event as JSON."""
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": moment, "data": data})
