from pathlib import Path

import pytest

from tests.docs.pages import (
    ARCHITECTURE,
    PAGES,
    PICTURE,
    README,
    anchors,
    links,
    make_commands,
    make_targets,
    name_of,
    paths_named,
)
from tests.infra.commands import fault, in_markdown
from tests.infra.places import ROOT

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@every_page
def test_every_command_named_parses(page: Path) -> None:
    faults = [fault(line) for line in in_markdown(page.read_text(encoding="utf-8"))]
    assert [found for found in faults if found] == []


@every_page
def test_every_make_target_named_exists(page: Path) -> None:
    assert make_commands(page.read_text(encoding="utf-8")) <= make_targets()


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.is_file() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", [ARCHITECTURE, ROOT / "CONTRIBUTING.md"], ids=name_of)
def test_every_file_named_exists(page: Path) -> None:
    made_by_commands = {".venv/"}
    named = set(paths_named(page.read_text(encoding="utf-8"))) - made_by_commands
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_the_picture_exists() -> None:
    assert PICTURE.read_bytes().startswith(b"\x89PNG")


def test_commands_links_and_files_are_found_on_pages() -> None:
    readme, architecture = README.read_text(encoding="utf-8"), ARCHITECTURE.read_text(encoding="utf-8")
    assert {"demo", "test", "install"} <= make_commands(readme)
    assert "voicefarm convert talk.wav --voice bright" in set(in_markdown(readme))
    assert {"docs/farm.md", "docs/picture.png", "LICENSE"} <= set(links(readme))
    assert {"dispatcher/feed/plan.py", "storage/audio/"} <= set(paths_named(architecture))
    assert "a-standing-farm" in anchors(readme)
