"""An audition leaves a page beside its takes, whatever the recording is called."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from os import fsdecode
from pathlib import Path

import pytest
import soundfile

from dispatcher.client.answers import Delivery
from dispatcher.client.auditioning import Audition, audition
from dispatcher.wishes.combinations import combinations
from dispatcher.wishes.wish import Wish
from testing.sounds import tone


def refusing(wishes: Iterable[Wish], *_: object, **__: object) -> Iterator[Delivery]:
    """A farm that converts the second take alone."""
    for place, wish in enumerate(wishes):
        assert isinstance(wish.source, Path)
        assert soundfile.info(wish.source).frames == 8000
        refused = Delivery(wish.source, wish.request.voice, place=place)
        yield refused if place != 1 else replace(refused, state="finished", result=Path("out", wish.name or ""))


@pytest.mark.parametrize("name", [fsdecode(b"bad \xff.wav"), "<b>&amp; 50% #1? \u0416\u6f22.wav", "x" * 250 + ".wav"])
def test_odd_names_of_recordings_get_a_page(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / "talk.wav", tone(16_000, 16_000), 16_000)
    (tmp_path / "talk.wav").rename(tmp_path / name)
    wanted = Audition(tmp_path / name, combinations(["anna,bob"], {}), 0.25, 0.5)
    assert len(list(audition(refusing, wanted, tmp_path / "out", None))) == 2
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert 'aria-label="bob" src="02%20bob.wav"' in page
    assert page.count("<audio") == 2
    assert "it was not converted" in page
