"""Delivering notices: a few at a time, each under a claim, again after growing pauses, and at last not any more."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import bindparam, or_, select, update

from dispatcher.hooks.command import run_command
from dispatcher.hooks.event import BATCH_ENDED, JOB_ENDED
from dispatcher.hooks.outcome import Outcome
from dispatcher.hooks.signing import signed_headers
from dispatcher.hooks.targets import COMMAND, address_of, command_of
from dispatcher.hooks.webhook import post_event
from storage.errors import InputError, SettingsError
from storage.records.database import Database
from storage.records.notices import NoticeRecord
from storage.records.rows import columns, read_rows
from storage.records.schema import BatchRecord, JobRecord
from storage.records.states import NoticeState
from storage.settings import Settings

logger = logging.getLogger("voicefarm.studio")

#: Seconds after each try that failed until the next one, nearly a day in all; after the last of them nobody tries.
PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0)
MOST_TRIES = len(PAUSES) + 1
#: Notices in hand at a time.
AT_ONCE = 8
#: Seconds after which others may try a notice whose studio died; longer than any try takes.
CLAIM_SECONDS = 150.0
#: Seconds of one run, so that other work gets its turn; the next tick asks for the rest.
LONGEST = 30.0
#: The notices that are due `now`. One that is further ahead than any pause, even by the clock of a machine that goes a
#: little ahead, was put off by a clock that was wrong.
DUE = select(NoticeRecord.id).where(
    NoticeRecord.state == NoticeState.WAITING,
    or_(NoticeRecord.due_at <= bindparam("now"), NoticeRecord.due_at > bindparam("now") + 2 * PAUSES[-1]),
)


class Notice(NamedTuple):
    """A notice that is ours to deliver."""

    id: int
    event: str
    job_id: int | None
    batch_id: int | None
    target: str
    body: str
    tries: int
    said: str


class Notifying:
    """Delivers what is due; a process that dies over it costs a repeat under the same event."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.database = database
        self.settings = settings
        self.clock = clock

    def run(self) -> None:
        """Deliver the notices that are due, for as long as one run may take."""
        end = time.monotonic() + LONGEST
        with ThreadPoolExecutor(AT_ONCE, "notices") as pool:
            while time.monotonic() < end:
                claim = uuid4().hex
                if not (taken := self._take(claim)):
                    return
                # Each is written down at once, so that a slow one does not have others repeated should we die.
                list(pool.map(partial(self._deliver, claim), taken))

    def _take(self, claim: str) -> list[Notice]:
        """Claim the notices that have been due for longest; each taking counts as a try, lest one kill all studios."""
        now = self.clock()
        due = DUE.order_by(NoticeRecord.due_at, NoticeRecord.id).limit(AT_ONCE).with_for_update(skip_locked=True)
        with self.database.writing() as connection:
            numbers = list(connection.execute(due, {"now": now}).scalars())
            taking = (
                update(NoticeRecord)
                .where(NoticeRecord.id.in_(numbers))
                .values(claim=claim, due_at=now + CLAIM_SECONDS, tries=NoticeRecord.tries + 1)
                .returning(*columns(Notice, NoticeRecord))
            )
            return sorted(read_rows(connection, Notice, taking)) if numbers else []

    def _deliver(self, claim: str, notice: Notice) -> None:
        self._write_down(notice, self._told(notice), claim)

    def _told(self, notice: Notice) -> Outcome:
        if notice.tries > MOST_TRIES:
            return Outcome(notice.said or "whoever delivers it ends without a word", is_final=True)
        body = notice.body.encode()
        try:
            if notice.target == COMMAND:
                return run_command(command_of(self.settings), body, self._variables(notice))
            headers = signed_headers(self.settings.hook_secret, notice.event, body, self.clock())
            return post_event(address_of(notice.target, self.settings), body, headers)
        except (InputError, SettingsError) as error:
            return Outcome(str(error))

    def _variables(self, notice: Notice) -> dict[str, str]:
        """What a command finds in its environment."""
        kind = JOB_ENDED if notice.batch_id is None else BATCH_ENDED
        variables = {"VOICEFARM_EVENT": kind, "VOICEFARM_EVENT_ID": notice.event}
        batch = select(BatchRecord.name).where(BatchRecord.id == notice.batch_id)
        if notice.batch_id is None:
            variables["VOICEFARM_JOB"] = str(notice.job_id)
            batch = select(BatchRecord.name).join(JobRecord, JobRecord.batch_id == BatchRecord.id)
            batch = batch.where(JobRecord.id == notice.job_id)
        with self.database.reading() as connection:
            name = connection.execute(batch).scalar()
        return variables if name is None else {**variables, "VOICEFARM_BATCH": name}

    def _write_down(self, notice: Notice, outcome: Outcome, claim: str) -> None:
        now = self.clock()
        said = self.settings.hide_secrets(outcome.said)
        changed: dict[str, Any] = {"claim": None, "said": said}
        if outcome.is_good:
            changed |= {"state": NoticeState.DELIVERED, "ended_at": now}
        elif outcome.is_final or notice.tries >= MOST_TRIES:
            changed |= {"state": NoticeState.GIVEN_UP, "ended_at": now, "tries": min(notice.tries, MOST_TRIES)}
            logger.warning("%s is given up, nobody is told of it: %s", _called(notice), said)
        else:
            changed |= {"due_at": now + PAUSES[notice.tries - 1]}
        with self.database.writing() as connection:
            connection.execute(
                update(NoticeRecord).where(NoticeRecord.id == notice.id, NoticeRecord.claim == claim).values(**changed)
            )


def _called(notice: Notice) -> str:
    return f"the notice that {'batch' if notice.job_id is None else 'job'} {notice.job_id or notice.batch_id} has ended"
