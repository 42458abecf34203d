"""What README.md and the pages of docs/ contain: code blocks, links, names of files."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.infra.places import DOCS, ROOT

README = ROOT / "README.md"
ARCHITECTURE = DOCS / "architecture.md"
PICTURE = DOCS / "picture.png"
PAGES = sorted([README, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")])

_FENCED = re.compile(r"^( *)```.*?\n.*?^\1```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
#: Blocks that a test runs come after this line, which readers do not see.
_TO_RUN = re.compile(r"^<!-- run -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|toml|yaml|sh))")


def name_of(page: Path) -> str:
    """A page's name, for test ids."""
    return str(page.relative_to(ROOT))


def shell_blocks(text: str) -> list[str]:
    """All shell blocks of a page, indented ones included."""
    return [block for _, block in _SHELL.findall(text)]


def blocks_to_run(text: str) -> list[str]:
    """The shell blocks that are marked to be run."""
    return _TO_RUN.findall(text)


def quoted(text: str) -> list[str]:
    """Everything between back-ticks outside code blocks."""
    return _QUOTED.findall(_FENCED.sub("", text))


def paths_named(text: str) -> Iterator[str]:
    """Files and folders between back-ticks: names that end in a slash or in the extension of a source file."""
    return (found for found in quoted(text) if _PATH.fullmatch(found))


def links(text: str) -> list[str]:
    """The targets of all links and pictures."""
    return _LINK.findall(_FENCED.sub("", text))


def anchors(text: str) -> set[str]:
    """The names by which links refer to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return {target for line in re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE) for target in line.split()}


def make_commands(text: str) -> set[str]:
    """The make targets that a page mentions."""
    lines = [line for block in shell_blocks(text) for line in block.splitlines()]
    return {
        target
        for line in [*lines, *quoted(text)]
        for found in re.findall(r"^\s*make((?: [a-z][\w-]*)+)", line.partition("#")[0])
        for target in found.split()
    }
