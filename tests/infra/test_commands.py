import plistlib
from importlib import import_module
from typing import Any

import pytest

from tests.infra.commands import fault, in_markdown, in_script, in_structure, in_unit
from tests.infra.places import FARM_PAGE, INFRA, infra_files

yaml: Any = import_module("yaml")


def _named() -> list[str]:
    found = list(in_markdown(FARM_PAGE.read_text(encoding="utf-8")))
    for path in infra_files():
        found += in_unit(path.read_text(encoding="utf-8"))
    for path in INFRA.rglob("*.sh"):
        found += in_script(path.read_text(encoding="utf-8"))
    found += in_structure(yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8")))
    for path in INFRA.rglob("*.plist"):
        found += in_structure(plistlib.loads(path.read_bytes()))
    return sorted(set(found))


@pytest.mark.parametrize("line", _named())
def test_every_command_named_exists(line: str) -> None:
    assert fault(line) is None


def test_commands_are_found_and_faults_are_seen() -> None:
    assert {"voicefarm dispatcher", "voicefarm worker", "voicefarm dispatcher --only desk"} <= set(_named())
    assert fault("voicefarm wrker") is not None
    assert fault("voicefarm worker --tags a") is not None
    assert fault("voicefarm db upgrade --sideways") is not None
