"""Any process may be killed at any moment: nothing is lost, and the output bytes stay the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from testing.running_farm import RunningFarm, fingerprint
from tests.farm.conftest import OpenFarm

pytestmark = pytest.mark.timeout(400)


def test_killing_worker_dispatcher_and_broker_changes_nothing(
    open_farm: OpenFarm, lose_broker: Callable[[RunningFarm], None], recording: Path, tmp_path: Path, undisturbed: bytes
) -> None:
    with open_farm(workers=2) as farm:
        job = farm.submit(recording, "bright")
        farm.wait(lambda: farm.job(job).atoms_done >= 1, "the first atom")
        farm.kill("worker-1")
        done = farm.job(job).atoms_done
        farm.wait(lambda: farm.job(job).atoms_done > done, "progress after the death of a worker")
        farm.kill("desk")
        farm.kill("studio")
        done = farm.job(job).atoms_done
        farm.wait(lambda: farm.job(job).atoms_done > done, "progress after the death of the dispatcher")
        lose_broker(farm)
        assert farm.job(job).state == "converting"
        assert fingerprint(farm.result(job, tmp_path)) == fingerprint(undisturbed)


def test_a_worker_that_never_comes_back_costs_only_its_lease(
    open_farm: OpenFarm, recording: Path, tmp_path: Path, undisturbed: bytes
) -> None:
    with open_farm(workers=2) as farm:
        job = farm.submit(recording, "bright")
        farm.wait(lambda: farm.job(job).atoms_done >= 1, "the first atom")
        farm.dismiss("worker-2")
        assert fingerprint(farm.result(job, tmp_path)) == fingerprint(undisturbed)


def test_a_dispatcher_killed_while_it_splits_begins_again(
    open_farm: OpenFarm, recording: Path, tmp_path: Path, undisturbed: bytes
) -> None:
    with open_farm(workers=1) as farm:
        job = farm.submit(recording, "bright")
        farm.wait(lambda: farm.job(job).state != "submitted", "the split")
        farm.kill("studio")
        assert fingerprint(farm.result(job, tmp_path)) == fingerprint(undisturbed)
