"""A result is judged once it is there, one at a time, and whatever becomes of that, the job stays as it is."""

import json

import pytest
from sqlalchemy import select, update

from dispatcher.desk.errands import ask_to_check
from dispatcher.desk.lookout import Lookout, Waiting
from dispatcher.jobs.quality_checks import CLAIM_SECONDS, PAUSE, still_unjudged, want_checks
from dispatcher.reports.job import report_job
from dispatcher.reports.quality import Quality, read_quality
from dispatcher.reports.reading import read_job
from dispatcher.reports.text import job_sections
from dispatcher.studio.checking import MOST_TRIES, QualityChecking
from dispatcher.turns.turn import Turn
from storage.records.quality_checks import QualityCheckRecord
from tests.studio.conftest import StepByStep
from workers.wire.routes import CHECK_TASK


class Checked:
    """A job whose result is to be judged, and a clock."""

    def __init__(self, steps: StepByStep) -> None:
        self.steps = steps
        self.now = 1_000.0
        self.checking = QualityChecking(steps.database, steps.store, lambda: self.now)
        with steps.database.writing() as connection:
            want_checks(connection, [steps.number], self.now)

    def finish(self) -> None:
        self.steps.studio.splitting.run(self.steps.number)
        self.steps.convert()
        self.steps.studio.stitching.run(self.steps.number)
        assert self.steps.job.state == "finished"

    @property
    def quality(self) -> Quality:
        with self.steps.database.reading() as connection:
            found = read_quality(connection, self.steps.number)
        assert found is not None
        return found

    def row(self) -> tuple[int, float, str | None]:
        with self.steps.database.reading() as connection:
            row = connection.execute(select(QualityCheckRecord)).one()
        return row.tries, row.due_at, row.claim

    def set(self, **values: object) -> None:
        with self.steps.database.writing() as connection:
            connection.execute(update(QualityCheckRecord).values(**values))

    def asks(self, there: frozenset[str] | None = frozenset()) -> bool:
        lookout = Lookout()
        lookout.see(None if there is None else Waiting(there))
        with self.steps.database.deciding() as connection:
            turn = Turn(connection, self.now, self.steps.settings)
            ask_to_check(turn, lookout)
        return turn.followups.check


@pytest.fixture
def checked(steps: StepByStep) -> Checked:
    return Checked(steps)


def test_a_result_is_judged_once_it_is_there_and_the_report_tells(checked: Checked) -> None:
    checked.checking.run()
    assert checked.quality.state == "waiting", "there is no result yet"
    assert not checked.asks()
    checked.finish()
    assert checked.asks()
    checked.checking.run()
    found = checked.quality
    assert (found.state, found.faults) == ("judged", ())
    assert found.heard_seconds == pytest.approx(9.0)
    assert found.sentence == "nothing wrong was found in 9 s of it"
    report = report_job(read_job(checked.steps.database, checked.steps.number, checked.now), checked.now)
    told = json.loads(json.dumps(report.to_json()))["quality"]
    assert {"length", "pitch, moved by", "loudness"} <= {one["what"] for one in told["measures"]}
    sections = {section.title: section for section in job_sections(report)}
    assert {"quality", "quality, figures"} <= sections.keys()
    assert not checked.asks()


def test_a_job_that_nobody_wants_judged_is_not(steps: StepByStep) -> None:
    with steps.database.reading() as connection:
        assert read_quality(connection, steps.number) is None
    QualityChecking(steps.database, steps.store).run()
    report = report_job(read_job(steps.database, steps.number, 0.0), 0.0)
    assert report.quality is None
    assert "quality" not in {section.title for section in job_sections(report)}


def test_a_store_that_is_away_is_waited_for_and_costs_no_try(checked: Checked) -> None:
    checked.finish()
    checked.steps.take_store_away()
    checked.checking.run()
    assert checked.quality.state == "waiting"
    assert checked.row() == (0, checked.now + PAUSE, None)
    checked.steps.bring_store_back()
    checked.checking.run()
    assert checked.quality.state == "waiting", "not before its time"
    checked.now += PAUSE
    checked.checking.run()
    assert checked.quality.state == "judged"


def test_a_result_that_is_gone_is_given_up_with_a_sentence(checked: Checked) -> None:
    checked.finish()
    checked.steps.store.delete(checked.steps.job.result_key or "")
    checked.checking.run()
    assert checked.quality.sentence.startswith("it was not judged: ")
    assert checked.steps.job.state == "finished"


def test_what_kills_its_studio_again_and_again_is_given_up(checked: Checked) -> None:
    checked.finish()
    checked.set(tries=MOST_TRIES, claim="of a dead one", due_at=checked.now + CLAIM_SECONDS)
    assert not checked.asks(), "somebody is at it, as far as is known"
    checked.checking.run()
    assert checked.quality.state == "waiting"
    checked.now += CLAIM_SECONDS
    assert checked.asks()
    checked.checking.run()
    assert "ends without a word" in checked.quality.reason


def test_it_is_asked_for_once_and_again_if_the_message_was_lost(checked: Checked) -> None:
    checked.finish()
    assert checked.asks()
    assert not checked.asks(frozenset({CHECK_TASK}))
    assert checked.asks(frozenset())
    assert not checked.asks(frozenset({CHECK_TASK}))


def test_a_clock_that_was_wrong_puts_nothing_off_for_good(checked: Checked) -> None:
    checked.finish()
    checked.set(due_at=checked.now + 100 * CLAIM_SECONDS)
    checked.checking.run()
    assert checked.quality.state == "judged"


def test_what_is_unjudged_is_known(checked: Checked) -> None:
    def unjudged(*jobs: int) -> set[int]:
        with checked.steps.database.reading() as connection:
            return still_unjudged(connection, set(jobs))

    number = checked.steps.number
    assert unjudged(number) == set(), "it has no result"
    checked.finish()
    assert unjudged(number, 99) == {number}
    assert unjudged(99) == set()
    checked.checking.run()
    assert unjudged(number) == set()


def test_a_verdict_that_cannot_be_read_is_told_as_that(checked: Checked) -> None:
    checked.set(state="judged", verdict={"measures": "many"})
    assert "cannot be read" in checked.quality.sentence


def test_faults_are_told_in_place_of_praise(checked: Checked) -> None:
    fault = {"kind": "click", "sentence": "there is a click at 0:12.30", "seconds": 12.3}
    checked.set(state="judged", verdict={"faults": [fault, fault]})
    assert checked.quality.sentence == "there is a click at 0:12.30; there is a click at 0:12.30"
