import re
from dataclasses import fields
from pathlib import Path

import pytest

from storage.settings import ENV_PREFIX, Settings
from storage.settings_sources import OF_HOOKS
from tests.infra.places import DOCS, INFRA, infra_files

#: Read by voicefarm, though they are no settings.
OTHERS = {"VOICEFARM_CONFIG", "VOICEFARM_PARENT", "VOICEFARM_DEBUG", *OF_HOOKS}
KNOWN = OTHERS | {ENV_PREFIX + f.name.upper() for f in fields(Settings)}
VARIABLE = re.compile(r"VOICEFARM_[A-Z_]*[A-Z]")
INTERPOLATED = re.compile(r"\$\{([A-Z0-9_]+)")


@pytest.mark.parametrize("path", [*infra_files(), *sorted(DOCS.rglob("*.md"))], ids=lambda p: p.name)
def test_only_variables_that_exist_are_named(path: Path) -> None:
    assert set(VARIABLE.findall(path.read_text(encoding="utf-8"))) <= KNOWN


def _example() -> dict[str, str]:
    lines = (INFRA / "env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_holds_exactly_what_compose_needs() -> None:
    asked = set(INTERPOLATED.findall((INFRA / "compose.yaml").read_text(encoding="utf-8")))
    assert asked == set(_example())


def test_the_example_has_no_working_secret() -> None:
    for name, value in _example().items():
        if re.search(r"PASSWORD|SECRET|ACCESS_KEY", name):
            assert value == "", name
