"""What finished jobs leave behind is kept for a while and then removed; results stay."""

from pathlib import Path

from sqlalchemy import insert, select

from dispatcher.jobs.ending import cancel_job
from dispatcher.jobs.loading import load_job
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.studio.sweeping import AT_ONCE, DAY, Sweeping
from storage.keys import heard_key, heard_prefix, source_key
from storage.objects.folder import FolderStore
from storage.records.notices import NoticeRecord
from tests.desk.conftest import DeskModel


def left_by(desk: DeskModel, store: FolderStore, job: int) -> list[str]:
    record = load_job(desk.database, job)
    atoms = atoms_prefix(record)
    keys = [
        source_key(record.source_hash), f"{atoms}/0-1.flac", f"{converted_prefix(record)}/0-1.flac",
        heard_key(heard_prefix(atoms), 0, 1, 0, 1, "a"),
    ]  # fmt: skip
    for key in [*keys, "results/1.wav"]:
        store.put(key, b"sound")
    return keys


def swept(desk: DeskModel, store: FolderStore, days_later: float) -> set[str]:
    Sweeping(desk.database, store, keep_days=7.0, clock=lambda: desk.now + days_later * DAY).run()
    return {stored.key for stored in store.list("")}


def test_atoms_and_source_are_removed_after_the_set_days_and_the_result_stays(desk: DeskModel, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "objects")
    job = desk.job(atoms=1, state="finished", ended_at=desk.now)
    keys = left_by(desk, store, job)
    assert swept(desk, store, days_later=6.9) == {*keys, "results/1.wav"}
    assert swept(desk, store, days_later=7.1) == {"results/1.wav"}


def test_what_a_newer_job_still_needs_is_kept(desk: DeskModel, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "objects")
    old = desk.job(atoms=1, state="finished", ended_at=desk.now)
    keys = left_by(desk, store, old)
    young = desk.job(atoms=1, state="converting")
    assert swept(desk, store, days_later=8.0) == {*keys, "results/1.wav"}
    with desk.writing() as turn:
        cancel_job(turn, young)
    assert swept(desk, store, days_later=1e6) == {"results/1.wav"}


def test_one_run_sweeps_all_that_is_due_however_many_and_jobs_of_one_source_too(
    desk: DeskModel, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path / "objects")
    jobs = [desk.job(atoms=1, state="finished", ended_at=desk.now) for _ in range(2 * AT_ONCE + 3)]
    for job in (jobs[0], jobs[1], jobs[-1]):
        left_by(desk, store, job)
    assert load_job(desk.database, jobs[0]).source_hash == load_job(desk.database, jobs[1]).source_hash
    assert swept(desk, store, days_later=7.1) == {"results/1.wav"}
    assert all(load_job(desk.database, job).swept for job in jobs)


def test_notices_that_nobody_delivers_any_more_are_forgotten_after_the_set_days(
    desk: DeskModel, tmp_path: Path
) -> None:
    job = desk.job(atoms=1, state="finished", ended_at=desk.now)
    notice = {"event": "evt_1", "job_id": job, "target": "url", "body": "{}", "due_at": 0.0, "created_at": 0.0}
    with desk.writing() as turn:
        for state, ended_at in (("delivered", desk.now), ("given up", desk.now), ("waiting", None)):
            turn.connection.execute(insert(NoticeRecord).values(**notice, state=state, ended_at=ended_at))

    def states(days_later: float) -> set[str]:
        swept(desk, FolderStore(tmp_path / "objects"), days_later)
        with desk.database.reading() as connection:
            return set(connection.execute(select(NoticeRecord.state)).scalars())

    assert states(6.9) == {"delivered", "given up", "waiting"}
    assert states(7.1) == {"waiting"}
