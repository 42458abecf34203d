"""The README's installation instructions match what make does."""

import re

from tests.cli.running import ROOT

INSTALLED = re.compile(r"(-e '\.\[[a-z,]+\]')")


def test_pip_as_shown_in_the_readme_installs_what_make_installs() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("$(VENV)/installed: ")[2]
    sentence = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("Without make, ")[2].partition("does the same")[0]
    )
    assert INSTALLED.findall(recipe)[0] == INSTALLED.findall(sentence)[0]
    assert "-c constraints.txt" in sentence
