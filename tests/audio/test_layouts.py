"""More than two channels are loudspeakers to compressed formats: each comes out where it belongs, or is refused."""

from pathlib import Path

import av
import numpy as np
import pytest

from storage.audio.layouts import has_room, layout_in
from storage.audio.read import probe
from storage.audio.write import open_result
from storage.errors import InputError
from testing.sounds import Samples, tone

RATE = 48_000
#: Which of them is for the bass, and has nothing above it.
BASS = {"5.1": 3, "6.1": 3, "7.1": 3}


def tones(count: int) -> Samples:
    return np.stack([tone(RATE, RATE, 200.0 + 100.0 * n) for n in range(count)], axis=1)


def heard(path: Path) -> tuple[str, list[int]]:
    """What FFmpeg calls the loudspeakers, and the tone of each."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        planes = np.concatenate([f.to_ndarray() for f in container.decode(stream)], axis=1)[:, 4_800:43_200]
        loudest = np.argmax(np.abs(np.fft.rfft(planes)), axis=1) * RATE / planes.shape[1]
        return stream.layout.name, [round(hertz) for hertz in loudest.tolist()]


@pytest.mark.parametrize(
    ("kind", "layout"),
    [(kind, layout) for kind in ("ogg", "opus") for layout in ("3.0", "quad", "5.0", "5.1", "6.1")]
    + [("m4a", layout) for layout in ("3.0", "4.0", "quad", "5.0", "5.1")],
)
def test_every_loudspeaker_comes_out_in_its_place(kind: str, layout: str, tmp_path: Path) -> None:
    path, samples = tmp_path / f"talk.{kind}", tones(av.AudioLayout(layout).nb_channels)
    with open_result(
        path, rate=RATE, format=kind, frames=RATE, channels=samples.shape[1], layout=layout_in(kind, None, layout)
    ) as result:
        result.write(samples)
    name, found = heard(path)
    assert name == layout
    assert [h for n, h in enumerate(found) if n != BASS.get(layout)] == [
        200 + 100 * n for n in range(samples.shape[1]) if n != BASS.get(layout)
    ]
    assert probe(path, path.name).channels == samples.shape[1]


@pytest.mark.parametrize(
    ("kind", "depth", "layout", "name"),
    [
        ("m4a", None, "5.1(side)", "5.1"), ("mp4", None, "5.0(side)", "5.0"), ("webm", None, "quad(side)", "quad"),
        ("mkv", None, "7.1", "7.1"), ("mkv", "24", "7.1", ""), ("mov", None, "7.1", ""), ("ogg", None, "2.1", ""),
        ("opus", None, "6 channels", ""), ("m4a", None, "", ""), ("wav", None, "5.1", ""), ("mp3", None, "5.1", ""),
    ],
)  # fmt: skip
def test_what_a_format_calls_loudspeakers(kind: str, depth: str | None, layout: str, name: str) -> None:
    assert layout_in(kind, depth, layout) == name


def test_room_is_for_so_many_channels_or_for_loudspeakers_that_have_a_name() -> None:
    assert has_room("flac", None, 8, "")
    assert not has_room("flac", None, 9, "")
    assert has_room("opus", None, 6, "5.1(side)")
    assert not has_room("opus", None, 6, "6 channels")
    assert has_room("mkv", "16", 6, "6 channels")


def test_channels_without_a_name_are_not_written(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="m4a files are written with 2 channels at the most, not 6"),
        open_result(tmp_path / "talk.m4a", rate=RATE, format="m4a", frames=10, channels=6),
    ):
        pass
