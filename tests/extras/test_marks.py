"""The mark of a result is found whatever else is carried into it."""

from fractions import Fraction
from pathlib import Path

import pytest

from storage.audio.mark import mark_in, told
from storage.extras.extras import Extras, Picture, Step
from storage.extras.writing import write_extras
from tests.extras.carrying import FORMATS, plain

MARK = f"{'a' * 16}.{'0' * 16}"
#: A cover and a comment that are larger than the part of a file in which marks are looked for.
LARGE = Extras({"comment": "x" * 100_000}, (Picture("image/jpeg", b"\xff\xd8" + b"p" * 300_000),))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("extras", [Extras(), Extras({"album": "Ages"}), LARGE], ids=["none", "album", "large"])
def test_a_mark_is_found_whatever_is_carried_over(tmp_path: Path, format_: str, extras: Extras) -> None:
    path = plain(tmp_path, format_, 48_000)
    tags = {"software": told(MARK), "title": "Öde Züge", "artist": "Ada"}
    write_extras(path, format_, tags, extras, Step(48_000, 48_000, 1, "16"), Fraction(1))
    # Without extras only MP3 is tagged here; the encoders of the others write the mark by themselves.
    assert mark_in(path) == (MARK if extras.tags or format_ == "mp3" else None)
