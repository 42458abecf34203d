import configparser
import json
import plistlib
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from storage import keys
from tests.infra.places import INFRA, infra_files

yaml: Any = import_module("yaml")


def _unit(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


READERS = {
    ".yaml": lambda p: yaml.safe_load(p.read_text(encoding="utf-8")),
    ".yml": lambda p: yaml.safe_load(p.read_text(encoding="utf-8")),
    ".json": lambda p: json.loads(p.read_text(encoding="utf-8")),
    ".toml": lambda p: tomllib.loads(p.read_text(encoding="utf-8")),
    ".plist": lambda p: plistlib.loads(p.read_bytes()),
    ".service": _unit,
}


@pytest.mark.parametrize("path", [p for p in infra_files() if p.suffix in READERS], ids=lambda p: p.name)
def test_it_can_be_read(path: Path) -> None:
    assert READERS[path.suffix](path)


@pytest.mark.parametrize("path", sorted(INFRA.glob("systemd/*.service")), ids=lambda p: p.name)
def test_units_restart_and_allow_time_to_stop(path: Path) -> None:
    service = _unit(path)["Service"]
    assert service["Restart"] == "always"
    assert service["KillSignal"] == "SIGTERM"
    assert int(service["TimeoutStopSec"]) >= (120 if "worker" in path.name else 15)


def test_a_mac_gives_a_worker_time_to_stop() -> None:
    job = plistlib.loads((INFRA / "launchd/com.voicefarm.worker.plist").read_bytes())
    assert job["KeepAlive"] is True
    assert job["ExitTimeOut"] >= 120
    assert job["ProcessType"] == "Interactive"


def _rights(name: str, action: str) -> set[str]:
    policy = json.loads((INFRA / "s3" / name).read_text(encoding="utf-8"))
    return {
        resource.partition("BUCKET/")[2].partition("/")[0]
        for statement in policy["Statement"]
        if action in statement["Action"]
        for resource in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    }


def test_the_policies_know_every_kind_of_key() -> None:
    atoms = keys.atom_prefix("0", 16000)
    written = {k.partition("/")[0] for k in (keys.source_key("0"), atoms, keys.result_key(1, "t", "wav"))}
    packages = keys.package_key("0", "voice.json").partition("/")[0]
    converted = keys.converted_prefix(atoms, {}).partition("/")[0]
    assert written | {converted, packages} <= _rights("policy-dispatcher.json", "s3:PutObject")
    assert {converted, packages, atoms.partition("/")[0]} <= _rights("policy-worker.json", "s3:GetObject")
    prepared = keys.shelf_key("programs").partition("/")[0]
    heard = keys.heard_prefix(atoms).partition("/")[0]
    assert {prepared, heard} <= _rights("policy-worker.json", "s3:GetObject")
    assert heard in _rights("policy-dispatcher.json", "s3:DeleteObject")
    assert _rights("policy-worker.json", "s3:PutObject") == {converted, prepared, heard, "doctor"}
    assert _rights("policy-worker.json", "s3:DeleteObject") == {"doctor"}
