"""What a claim on a job is in its row: how long it is valid, and how a stage that cannot go on waits."""

from typing import Any

#: Seconds after which a claim that was not renewed is free for others.
CLAIM_SECONDS = 10.0
#: Seconds between renewals: four chances before it is lost.
RENEW_SECONDS = 2.5
#: Seconds between attempts at a stage that waits for a server: half as long as it has waited so far, within these.
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
#: Seconds to wait for a server that is away or a disk that is full before the job fails: a night, so that
#: somebody is awake before work is given up.
PATIENCE = 12 * 3600.0

#: A stage that nobody has, with no attempts counted and nothing waited for.
CLAIM_OVER: dict[str, Any] = {
    "claim": None, "claim_until": 0.0, "claims": 0, "waiting_for": "", "waiting_since": None, "not_before": 0.0,
}  # fmt: skip
