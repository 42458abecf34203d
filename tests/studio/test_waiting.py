"""A service that is away is waited for and reported, and does not count as a try."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.desk.stages import MOST_CLAIMS
from dispatcher.jobs.moves import LONGEST_PAUSE, PATIENCE, SHORTEST_PAUSE
from dispatcher.reports.summary import summarise
from storage.settings import Settings
from tests.studio.conftest import StepByStep

Run = Callable[[StepByStep], None]


def split(steps: StepByStep) -> None:
    steps.studio.splitting.run(steps.number)


def stitch(steps: StepByStep) -> None:
    steps.studio.stitching.run(steps.number)


def mend(steps: StepByStep) -> None:
    steps.studio.mending.run(steps.number)


def at_its_split(steps: StepByStep) -> None:
    """A job as it is right after it was submitted."""


def at_its_stitch(steps: StepByStep) -> None:
    split(steps)
    steps.convert()


def with_a_damaged_atom(steps: StepByStep) -> None:
    split(steps)
    from sqlalchemy import update

    from storage.records.schema import AtomRecord

    with steps.database.writing() as connection:
        connection.execute(update(AtomRecord).where(AtomRecord.number == 0).values(state="damaged"))
    steps.set(atoms_damaged=1)


STAGES = [
    (at_its_split, split, "splitting"),
    (at_its_stitch, stitch, "stitching"),
    (with_a_damaged_atom, mend, "converting"),
]


@pytest.mark.parametrize(("prepare", "run", "state"), STAGES)
def test_a_stage_waits_for_a_store_that_is_away_for_as_long_as_it_takes(
    steps: StepByStep, prepare: Run, run: Run, state: str
) -> None:
    prepare(steps)
    steps.take_store_away()
    for _ in range(3 * MOST_CLAIMS):
        steps.let_time_pass()
        run(steps)
    job = steps.job
    assert (job.state, job.claim, job.claims) == (state, None, 0)
    assert "cannot be used" in job.waiting_for
    assert summarise(job, [frozenset(job.needs)]).note == f"waiting: {job.waiting_for}"
    steps.bring_store_back()
    steps.let_time_pass()
    run(steps)
    assert (steps.job.waiting_for, steps.job.waiting_since) == ("", None)
    assert steps.job.state in ("converting", "finished")


def test_it_is_tried_again_less_and_less_often(steps: StepByStep) -> None:
    steps.take_store_away()
    for waited, pause in ((0.0, SHORTEST_PAUSE), (20.0, 10.0), (10_000.0, LONGEST_PAUSE)):
        steps.let_time_pass()
        split(steps)
        steps.set(waiting_since=steps.job.claim_until - waited)
        steps.let_time_pass()
        split(steps)
        assert steps.job.not_before - steps.job.claim_until == pytest.approx(pause, abs=0.5)


def test_a_job_that_waits_too_long_fails_and_says_what_it_waited_for(steps: StepByStep) -> None:
    steps.take_store_away()
    split(steps)
    steps.set(waiting_since=steps.job.claim_until - PATIENCE - 1.0)
    steps.let_time_pass()
    split(steps)
    assert steps.job.state == "failed"
    assert "cannot be used" in steps.job.reason


def test_channels_that_cancel_each_other_are_reported_and_others_are_not(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    import numpy as np
    import soundfile

    tone = 0.5 * np.sin(np.arange(5 * 16_000) / 20.0)
    for name, right in (("antiphase", -tone), ("wide", np.roll(tone, 50) * 0.6), ("mono", tone)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.stack([tone, right], axis=1), 16_000)
        steps = StepByStep(Settings(state=str(tmp_path / name), database_url=migrated_sqlite_url), path)
        steps.studio.splitting.run(steps.number)
        note = summarise(steps.job, [frozenset(steps.job.needs)]).note
        assert ("cancel each other" in note) == (name == "antiphase")
        steps.database.close()
