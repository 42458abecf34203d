"""`voicefarm doctor` looks at everything, changes nothing, and never breaks."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dispatcher.cli.remedies import worded_remedy
from dispatcher.local.checks import Finding, examine
from migrations.running import downgrade
from storage.records.database import Database
from storage.settings import Settings
from testing.services.redis import RedisServer
from testing.services.server import HOST, free_port
from tests.cli.running import PLAIN, CommandLine
from tests.reports.rows import worker
from workers.engines import catalog

SECRET = "s3cret"

Build = Callable[..., Settings]


def found(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings)}


def bad(settings: Settings) -> dict[str, str]:
    return {finding.what: finding.told(worded_remedy) for finding in examine(settings) if not finding.ok}


@pytest.mark.parametrize(
    ("given", "what", "words"),
    [
        ({"broker_url": "rediss:/x"}, "broker", "names no broker that we can use"),
        ({"broker_url": f"amqp://u:{SECRET}@x"}, "broker", "names no broker that we can use"),
        ({"broker_url": f"redis://:{SECRET}/a@[x"}, "broker", "names no broker that we can use"),
        ({"broker_url": f"redis://:a/{SECRET}@{HOST}:1"}, "broker", "names no broker that we can use"),
        ({"broker_url": SECRET}, "broker", "names no broker that we can use"),
        ({"database_url": SECRET}, "database", "does not name a usable database"),
        ({"database_url": f"postgresql://u:{SECRET}@[x/y"}, "database", "check VOICEFARM_DATABASE_URL"),
        (
            {"database_url": "sqlite:////proc/nowhere/records"},
            "database",
            "is not there yet; run `voicefarm db upgrade`",
        ),
        ({"database_url": "sqlite:////dev/null/records"}, "database", "is not there yet"),
        ({"objects_url": "nowhere"}, "object store", "it must be s3://bucket/prefix"),
        ({"objects_url": "s3://"}, "object store", "it must be s3://bucket/prefix"),
        ({"objects_url": "file:///dev/null/objects"}, "object store", "cannot be made in"),
        ({"objects_url": "s3://b", "objects_access_key": SECRET}, "object store", "OBJECTS_SECRET_KEY is missing"),
        ({"objects_url": "s3://b"}, "object store", "there are no keys for s3://b; set VOICEFARM_OBJECTS_ACCESS_KEY"),
        ({"state": "/dev/null/state"}, "state folder", "cannot be written to (Not a directory)"),
        ({"state": "/proc/state"}, "state folder", "cannot be written to"),
        ({"scratch": "/proc/nowhere"}, "disk", "/proc/nowhere cannot be written to (No such file or directory)"),
        ({"hook_url": f"ftp://u:{SECRET}@host"}, "hooks", "no address of a web server; write https://host/path"),
        ({"hook_url": "https://host/a", "hook_secret": f"whsec_{SECRET}!"}, "hooks", "is not base64"),
        ({"hook_command": "/nowhere/told --all"}, "hooks", "names /nowhere/told, which is no program that can be run"),
        ({"hook_command": "/dev/null"}, "hooks", "check its path and that it is executable"),
        ({"hook_command": "sh -c 'told"}, "hooks", "cannot be split into words (No closing quotation)"),
        ({"objects_url": "s3://b", "objects_endpoint": f"http://k:{SECRET}@[x"}, "object store", ""),
    ],
)
def test_a_malformed_setting_is_reported_once_in_a_sentence(
    build_settings: Build, given: Mapping[str, Any], what: str, words: str
) -> None:
    found_bad = bad(build_settings(**given))
    assert list(found_bad) == [what]
    assert words in found_bad[what]
    assert SECRET not in found_bad[what]
    assert "cannot be checked" not in found_bad[what]


@pytest.mark.parametrize(
    ("given", "severity", "said"),
    [
        ({}, "ok", "none is set"),
        ({"hook_command": "sh -c true"}, "ok", "sh is run"),
        ({"hook_url": "https://hooks.studio/a/b?c", "hook_secret": "any"}, "ok", "https://hooks.studio is told"),
        ({"hook_url": "http://localhost:80/", "hook_secret": "any"}, "ok", "http://localhost:80 is told"),
        ({"hook_url": "http://[::1]:80/", "hook_secret": "any"}, "ok", "http://[::1]:80 is told"),
        ({"hook_url": "http://10.0.0.2/", "hook_secret": "any"}, "note", "everybody on the way can read"),
        ({"hook_url": "https://hooks.studio"}, "note", "unsigned, as VOICEFARM_HOOK_SECRET is not set"),
    ],
)
def test_hooks_are_looked_at_without_telling_anybody(
    build_settings: Build, given: Mapping[str, Any], severity: str, said: str
) -> None:
    hooks = found(build_settings(**given))["hooks"]
    assert hooks.severity == severity
    assert said in hooks.said


def test_one_cause_is_reported_once(build_settings: Build, s3_fields: Mapping[str, str]) -> None:
    url = f"postgresql://u:{SECRET}@{HOST}:{free_port()}/d"
    findings = found(build_settings(database_url=url, **s3_fields))
    assert [f.what for f in findings.values() if not f.ok] == ["database"]
    assert "refused" in findings["database"].said
    for what in ("models", "farm"):
        assert findings[what].severity == "note"
        assert findings[what].said == "not asked, because the database cannot be used"


def test_a_farm_that_was_never_started_is_healthy_and_left_untouched(build_settings: Build) -> None:
    settings = build_settings()
    findings = found(settings)
    assert all(finding.ok for finding in findings.values())
    assert findings["database"] == Finding("database", True, "nothing is here yet, it is made when needed", True)
    assert "not there yet" in findings["object store"].said
    assert not settings.state_folder.exists()


def test_an_old_database_is_left_as_it_is(build_settings: Build, migrated_sqlite_url: str) -> None:
    database = Database(migrated_sqlite_url)
    downgrade(database, "0001")
    database.close()
    settings = build_settings()
    settings.state_folder.mkdir()
    Path(str(database.engine.url.database)).rename(settings.own_records)
    findings = found(settings)
    assert findings["database"].severity == "note"
    assert "at revision 0001, and will be upgraded" in findings["database"].said
    assert "not asked" in findings["models"].said
    after = Database(settings.resolved_database_url)
    assert after.revision() == "0001"
    after.close()


def test_a_database_from_the_future_is_bad(farm_settings: Settings) -> None:
    database = Database(farm_settings.resolved_database_url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    found_bad = bad(farm_settings)
    assert list(found_bad) == ["database"]
    assert "install the newer voicefarm" in found_bad["database"]


@pytest.mark.parametrize(("heard", "said"), [([], "no worker is"), ([1], "1 worker is"), ([1, 2], "2 workers are")])
def test_only_workers_heard_from_recently_count_as_there(
    farm_settings: Settings, heard: list[float], said: str
) -> None:
    database = Database(farm_settings.resolved_database_url)
    now = time.time()
    silent = farm_settings.lost_after_seconds + 5
    with database.writing() as connection, Session(connection) as session:
        session.add_all(worker(f"w{ago}", last_seen=now - ago) for ago in [*heard, silent])
        session.commit()
    database.close()
    assert found(farm_settings)["farm"].said == f"{said} there, no job is open"


def test_a_broker_that_may_evict_keys_is_worth_a_note(build_settings: Build, redis_server: RedisServer) -> None:
    settings = build_settings(broker_url=redis_server.url)
    assert found(settings)["broker"].severity == "ok"
    with redis_server.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        broker = found(settings)["broker"]
        client.config_set("maxmemory-policy", "noeviction")
    assert broker.severity == "note"
    assert broker.ok
    assert "set maxmemory-policy to noeviction, it is allkeys-lru" in broker.said


def test_a_missing_engine_is_a_note(build_settings: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog.engine("rvc"), "runs_on", lambda _: False)
    assert found(build_settings())["engines"].severity == "note"


def test_an_unforeseen_error_stops_no_other_check_and_shows_no_secret(
    build_settings: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[str]:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(catalog, "engine_names", fail)
    heard: list[Exception] = []
    findings = {finding.what: finding for finding in examine(build_settings(), heard.append)}
    said = findings["engines"].told(worded_remedy)
    assert said == "it cannot be checked (ZeroDivisionError); `voicefarm --debug …` shows where that came from"
    assert findings["farm"].ok
    assert [type(error) for error in heard] == [ZeroDivisionError]


def test_the_status_says_whether_anything_is_bad(command: CommandLine, tmp_path: Path) -> None:
    well = command.run("doctor", "--json")
    assert (well.status, well.err) == (0, "")
    assert {frozenset(finding) for finding in well.json} == {frozenset({"what", "severity", "ok", "said"})}
    assert {finding["severity"] for finding in well.json} == {"ok", "note"}
    ill = command.run("doctor", broker_url="amqp://x")
    assert ill.status == 1
    assert ill.out.startswith("BAD  broker ")
    assert "note" in ill.out


def test_unreadable_settings_are_a_finding_too(command: CommandLine) -> None:
    ended = command.run("doctor", "--json", wrokers=1)
    assert (ended.status, ended.err) == (1, "")
    (finding,) = json.loads(ended.out)
    assert (finding["what"], finding["severity"]) == ("settings", "bad")
    assert "did you mean VOICEFARM_WORKERS?" in finding["said"]


def test_a_read_only_state_folder_is_reported(command: CommandLine, tmp_path: Path) -> None:
    command.within = PLAIN if os.geteuid() == 0 else ()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    findings = {f["what"]: f for f in command.run("doctor", "--json", state=closed / "state").json}
    assert findings["state folder"]["severity"] == "bad"
    assert "Permission denied" in findings["state folder"]["said"]
    assert [what for what, finding in findings.items() if not finding["ok"]] == ["state folder"]


def test_looking_for_a_missing_database_does_not_create_it(command: CommandLine) -> None:
    assert "run `voicefarm db upgrade`" in command.run("db", "check").sentence()
    assert not command.state.exists()
