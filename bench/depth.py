"""The desk with 1,000 jobs of 1,000 atoms waiting in PostgreSQL, and with 100,000 jobs of one atom: finished atoms a
second, time to feed.

A real desk process works on a real Redis; this process plays 24 machines that finish immediately what they are given.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from celery import Celery
from kombu import Connection
from sqlalchemy import func, select, text

from bench.figures import Figure, machine, show
from dispatcher.desk.running import spare_collections
from dispatcher.feed.leasing import feed
from dispatcher.local.child import voicefarm
from dispatcher.local.processes import Supervisor, wait_until
from dispatcher.turns.turn import Issued, Turn
from migrations.running import upgrade
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import WorkerState
from storage.settings import Settings
from testing.services.postgres import PostgresServer
from testing.services.redis import RedisServer
from workers.wire.celery_app import build_app, named_queue
from workers.wire.messages import AtomOutcome, Bundle, BundleReport, ConversionOrder, Heartbeat, LeaseReport
from workers.wire.routes import HEARTBEAT_QUEUE, HEARTBEAT_TASK, REPORT_QUEUE, REPORT_TASK
from workers.wire.sending import URGENT, send

#: Jobs, and atoms of each.
DEPTHS = ((1000, 1000), (100_000, 1))
#: Leases that a machine understands in one message, as workers do.
MOST_LEASES = 128
CLASSES, MACHINES = 6, 4
#: Atoms in one report: a quarter of a second's work for a machine that does sixteen a second.
TOGETHER = 4
#: Short recordings in one report.
BUNDLED = 16
SECONDS = 30.0
RATE = 16_000


def measure() -> list[Figure]:
    """Measure both figures at both depths."""
    return [figure for jobs, atoms in DEPTHS for figure in _measure_at(jobs, atoms)]


def _measure_at(jobs: int, atoms: int) -> list[Figure]:
    with _servers() as settings:
        database = Database(settings.resolved_database_url)
        _fill(database, jobs, atoms)
        times = _feed_times(database, settings)
        rate = _finished_a_second(database, settings)
        database.close()
    return [
        Figure(f"finished atoms a second, {jobs:,} x {atoms:,} waiting", f"{rate:.0f}", "300", rate >= 300),
        Figure("feeding at that depth, 99th percentile", f"{times:.0f} ms", "50 ms", times <= 50),
    ]


@contextmanager
def _servers() -> Iterator[Settings]:
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        redis, postgres = RedisServer(Path(name)), PostgresServer()
        try:
            redis.start()
            postgres.start()
            url = postgres.url(postgres.create())
            database = Database(url)
            upgrade(database)
            database.close()
            yield Settings(
                broker_url=redis.url, database_url=url, state=f"{name}/state", objects_url=f"file://{name}/o"
            )
        finally:
            redis.stop()
            postgres.remove()


def _fill(database: Database, jobs: int, atoms: int) -> None:
    with database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO jobs (state, reason, name, source_hash, source_bytes, source_rate, source_frames,"
                " allow_truncated, voice, engine, engine_version, recipe, settings, needs, priority, rate_in,"
                " rate_voice, context_samples, rate_out, format, seconds, atoms, atoms_waiting, atoms_done,"
                " seconds_split,"
                " seconds_waiting, seconds_done, peak, last_leased_at, claim_until, claims, result_frames,"
                " result_bytes, submitted_at, split_took, first_atom_took, stitch_took, swept)"
                " SELECT 'converting', '', 'talk', md5(n::text), 1, 16000, 320000000, false, 'through', 'through', '1',"
                " '{}', '{}', 'through', 5, 16000, 16000, 0, 16000, 'wav', :s, :a, :a, 0, :s, :s, 0, 0, 0, 0, 0, 0, 0,"
                " n, 0, 0, 0, false FROM generate_series(1, :jobs) AS n"
            ),
            {"jobs": jobs, "a": atoms, "s": 20.0 * atoms},
        )
        connection.execute(
            text(
                "INSERT INTO atoms (job_id, number, start, stop, first, last, out_start, out_stop, state, attempts)"
                " SELECT j.id, n, n * 320000, (n + 1) * 320000, n * 320000, (n + 1) * 320000, n * 320000,"
                " (n + 1) * 320000, 'waiting', 0 FROM jobs AS j, generate_series(0, :last) AS n"
            ),
            {"last": atoms - 1},
        )
        for number in range(CLASSES):
            connection.execute(
                text("INSERT INTO speeds VALUES (:queue, 'through', :audio, 1.0, 0.0)"),
                {"queue": _queue(number), "audio": 20.0 * 2 ** (number % 3)},
            )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _queue(number: int) -> str:
    return f"convert.cpu.bench{number}"


def _one_of(queue: str) -> str:
    """A machine that serves this queue."""
    return f"bench-{queue.removeprefix(_queue(0)[:-1])}-0"


def _beat(number: int, machine_number: int, *holding: str) -> Heartbeat:
    """A busy machine's heartbeat: an idle one while leases wait would mean that messages are lost."""
    return Heartbeat(
        incarnation=f"bench-{number}-{machine_number}", name=f"bench{number}-{machine_number}@host",
        queue=_queue(number), capability="cpu", device="bench", offers=("cpu", "through"),
        engines={"through": "1"}, host="host", pid=1,
        state=WorkerState.BUSY, holding=holding, memory_mb=1.0, most_leases=MOST_LEASES,
    )  # fmt: skip


def _feed_times(database: Database, settings: Settings) -> float:
    """The 99th percentile of a decision to feed, in milliseconds; each decision has something to hand out."""
    from dispatcher.desk.heartbeat import take_heartbeat
    from dispatcher.desk.report import take_report

    spare_collections()
    with database.writing() as connection:
        turn = Turn(connection, time.time(), settings)
        for number in range(CLASSES):
            for machine_number in range(MACHINES):
                take_heartbeat(turn, _beat(number, machine_number))
    times: list[float] = []
    orders: list[Issued] = []
    while len(times) < 300:
        began = time.perf_counter()
        with database.deciding() as connection:
            turn = Turn(connection, time.time(), settings)
            feed(turn)
        times.append(time.perf_counter() - began)
        orders += turn.followups.leases
        # One message at a time comes back, be it a lease or a bundle of them.
        ended = [o for o in orders[:MOST_LEASES] if o is orders[0] or (o.bundle and o.bundle == orders[0].bundle)]
        orders = orders[len(ended) :]
        with database.writing() as connection:
            _take_back(Turn(connection, time.time(), settings), ended)
    for order in orders:
        with database.writing() as connection:
            report = LeaseReport(order.order.token, _one_of(order.queue), (), is_over=True)
            take_report(Turn(connection, time.time(), settings), report)
    # The first decision hands two leases to every machine at once, which happens only once in a farm's life.
    return sorted(times[1:])[round(0.99 * (len(times) - 1)) - 1] * 1000


def _take_back(turn: Turn, ended: Sequence[Issued]) -> None:
    """Report one message's leases as done."""
    from dispatcher.desk.bundle_report import take_bundle_report
    from dispatcher.desk.report import take_report

    reports = []
    for issued in ended:
        assert isinstance(issued.order, ConversionOrder)
        outcomes = tuple(_done(a.number) for a in issued.order.atoms)
        reports.append(LeaseReport(issued.order.token, _one_of(issued.queue), outcomes, is_over=True))
    if ended and ended[0].bundle:
        take_bundle_report(turn, BundleReport(ended[0].bundle, _one_of(ended[0].queue), tuple(reports)))
    else:
        for report in reports:
            take_report(turn, report)


def _done(number: int) -> AtomOutcome:
    return AtomOutcome(number, "done", 20.0, peak=0.5, convert=0.1, busy=0.1)


def _finished_a_second(database: Database, settings: Settings) -> float:
    app = build_app(settings)
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    desk = Supervisor(
        [
            voicefarm(
                "desk", ["dispatcher", "--only", "desk"], settings.state_folder, settings.as_environment() | _path()
            )
        ]
    )
    over = Event()
    threads = [Thread(target=_play, args=(app, settings, n, over), daemon=True) for n in range(CLASSES)]
    try:
        desk.start()
        for thread in threads:
            thread.start()
        start = _finished(database)
        wait_until(lambda: _finished(database) > start + 500, 60.0)
        count, began = _finished(database), time.perf_counter()
        time.sleep(SECONDS)
        return (_finished(database) - count) / (time.perf_counter() - began)
    finally:
        over.set()
        for thread in threads:
            thread.join()
        desk.stop()


def _path() -> dict[str, str]:
    import os

    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}


def _play(app: Celery, settings: Settings, number: int, over: Event) -> None:
    """Play all machines of one class: take leases as they come and report them done, a few atoms at a time."""
    beaten = 0.0
    turn = 0
    prefix = settings.broker_prefix
    with Connection(settings.broker_url, transport_options={"global_keyprefix": prefix}) as connection:
        queue = connection.SimpleQueue(named_queue(_queue(number)))
        while not over.is_set():
            if time.monotonic() - beaten > 2.0:
                beaten = time.monotonic()
                for machine_number in range(MACHINES):
                    send(app, HEARTBEAT_TASK, HEARTBEAT_QUEUE, _beat(number, machine_number).to_json(), priority=URGENT)
            try:
                message = queue.get(timeout=0.2)
            except queue.Empty:
                continue
            message.ack()
            turn += 1
            told, machine_number = json.loads(message.body)[0][0], turn % MACHINES
            # As workers do: a lease that no worker says it holds and no queue contains is taken for lost.
            beat = _beat(number, machine_number, told["token"])
            send(app, HEARTBEAT_TASK, HEARTBEAT_QUEUE, beat.to_json(), priority=URGENT)
            if Bundle.is_one(told):
                _report_bundle(app, Bundle.from_json(told), f"bench-{number}-{machine_number}")
            else:
                _report(app, ConversionOrder.from_json(told), f"bench-{number}-{machine_number}")


def _report_bundle(app: Celery, bundle: Bundle, incarnation: str) -> None:
    """Report all leases of a bundle, as many in a message as workers put into one."""
    orders = [ConversionOrder.from_json(order) for order in bundle.orders]
    for first in range(0, len(orders), BUNDLED):
        reports = tuple(
            LeaseReport(order.token, incarnation, tuple(_done(a.number) for a in order.atoms), is_over=True)
            for order in orders[first : first + BUNDLED]
        )
        report = BundleReport(bundle.token, incarnation, reports)
        send(app, REPORT_TASK, REPORT_QUEUE, report.to_json(), priority=URGENT, about=bundle.token)


def _report(app: Celery, order: ConversionOrder, incarnation: str) -> None:
    for first in range(0, len(order.atoms), TOGETHER):
        some = order.atoms[first : first + TOGETHER]
        is_over = first + TOGETHER >= len(order.atoms)
        report = LeaseReport(order.token, incarnation, tuple(_done(a.number) for a in some), is_over)
        send(app, REPORT_TASK, REPORT_QUEUE, report.to_json(), priority=URGENT, about=order.token)


def _finished(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.sum(JobRecord.atoms_done))).scalar() or 0)


if __name__ == "__main__":
    print(machine())
    show(measure())
