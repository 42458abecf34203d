"""Every room of the code is in the table of docs/architecture.md, with its purpose."""

import re

from tests.docs.pages import ARCHITECTURE
from tests.infra.places import ROOT

FLOORS = ("dispatcher", "workers", "storage", "migrations", "infra")
OTHERS = {"bench/", "tests/", "testing/"}


def test_every_folder_has_a_line_in_the_table() -> None:
    rooms = {
        path.parent.relative_to(ROOT).as_posix() + "/" for floor in FLOORS for path in (ROOT / floor).rglob("*.py")
    }
    table = ARCHITECTURE.read_text(encoding="utf-8").partition("| Folder |")[2].partition("\n\n")[0]
    named = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([a-z_/0-9]+/)`", row.split("|")[1] if "|" in row else "")
    }
    assert named == rooms | OTHERS | {"infra/"}
