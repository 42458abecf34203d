"""Jobs whose results are to be judged: noted when they are handed in, due once they have finished."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, or_, select

from storage.records.quality_checks import QualityCheckRecord
from storage.records.rows import insert_if_absent
from storage.records.schema import JobRecord
from storage.records.states import CheckState, JobState

#: Seconds until a result is judged again if a server was away.
PAUSE = 60.0
#: Seconds after which others may judge a result whose studio died: longer than to read ten hours of audio twice.
CLAIM_SECONDS = 900.0
_WAITING = QualityCheckRecord.state == CheckState.WAITING
#: The results that are due `now`. One that is further ahead than any claim was put off by a clock that was wrong.
DUE = (
    select(QualityCheckRecord.job_id)
    .join(JobRecord, JobRecord.id == QualityCheckRecord.job_id)
    .where(
        _WAITING,
        JobRecord.state == JobState.FINISHED,
        or_(
            QualityCheckRecord.due_at <= bindparam("now"),
            QualityCheckRecord.due_at > bindparam("now") + 2 * CLAIM_SECONDS,
        ),
    )
)
#: Those that somebody judges `now`: one at a time on a whole farm, so that studios have hands for other work.
IN_HAND = select(QualityCheckRecord.job_id).where(
    _WAITING, QualityCheckRecord.claim.is_not(None), QualityCheckRecord.due_at > bindparam("now")
)


def want_checks(connection: Connection, job_ids: Sequence[int], now: float) -> None:
    """Have the results of these jobs judged once they are there."""
    for job_id in job_ids:
        insert_if_absent(
            connection, QualityCheckRecord, job_id=job_id, state=CheckState.WAITING, tries=0, due_at=now, reason="",
            took=0.0, heard_seconds=0.0,
        )  # fmt: skip


def still_unjudged(connection: Connection, job_ids: Collection[int]) -> set[int]:
    """Those of these whose results are there and will be judged."""
    unjudged = (
        select(QualityCheckRecord.job_id)
        .join(JobRecord, JobRecord.id == QualityCheckRecord.job_id)
        .where(_WAITING, JobRecord.state == JobState.FINISHED)
    )
    return {int(job_id) for job_id in connection.execute(unjudged).scalars() if job_id in job_ids}
