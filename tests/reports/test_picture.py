import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from dispatcher.reports.job import JobRows
from dispatcher.reports.picture import draw_picture
from dispatcher.reports.sound import Recording, fullness, look_at, look_at_fullest
from dispatcher.reports.spectrum import BANDS, Spectrum, View, band_edges
from dispatcher.reports.work import Span
from dispatcher.sample.recording import write_sample
from storage import keys
from storage.audio.blocks import Mono
from storage.errors import InputError
from storage.objects.folder import FolderStore
from tests.reports.rows import attempt, job, lease

RATE = 16_000


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "objects")
    for key, seconds in ((keys.source_key("abc"), 12.0), ("results/1-x.wav", 12.0)):
        write_sample(tmp_path / "sound.wav", seconds, RATE)
        store.put_file(key, tmp_path / "sound.wav")
    return store


def rows(**given: object) -> JobRows:
    attempts = [
        attempt(n, "ab"[n % 2], f"worker-{n % 3}", outcome, ended_at=1004.0 + n, id=n + 1)
        for n, outcome in enumerate(["done", "done", "late", "cached", "failed", "done"])
    ]
    facts = {"name": "Lecture $5 a_b [x].wav", "seconds": 12.0, "result_key": "results/1-x.wav", "rate_out": RATE}
    drawn = job(**(facts | {"result_frames": 12 * RATE} | given))
    drawn.id = 1
    return JobRows(drawn, attempts, [lease("a", 0, 5), lease("b", 1, 5, created_at=1003.0)], [])


def tone(hz: float, seconds: float) -> Mono:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_a_picture_is_a_png_of_its_size(store: FolderStore, tmp_path: Path) -> None:
    pytest.importorskip("librosa")
    pytest.importorskip("matplotlib")
    draw_picture(rows(), store, tmp_path / "new" / "job.png")
    head = (tmp_path / "new" / "job.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (1600, 1200)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["job.png"]


def test_a_tone_is_drawn_where_it_sounds_however_it_is_cut() -> None:
    pytest.importorskip("librosa")
    samples = np.concatenate([tone(500.0, 2.0), tone(2000.0, 2.0)])
    found = []
    for size in (len(samples), 777):
        spectrum = Spectrum(View(Span(0.0, 4.0), 40, 0.05), RATE)
        for start in range(0, len(samples), size):
            spectrum.push(samples[start : start + size])
        found.append(spectrum.finish())
    np.testing.assert_allclose(found[0], found[1])
    edges = band_edges()
    for column, hz in ((0, 500.0), (18, 500.0), (21, 2000.0), (39, 2000.0)):
        band = int(found[0][:, column].argmax())
        assert edges[band] / 1.03 < hz < edges[band + 1] * 1.03


def test_a_long_recording_is_only_sampled() -> None:
    pytest.importorskip("librosa")
    spectrum = Spectrum(View(Span(0.0, 600.0), 10, 0.05), RATE)
    for second in range(600):
        spectrum.push(tone(500.0 if second < 300 else 2000.0, 1.0))
    power = spectrum.finish()
    assert spectrum.windows.sum() <= 31
    assert len(spectrum.held) <= RATE + spectrum.size
    assert len({int(power[:, column].argmax()) for column in range(5)}) == 1
    assert power[:, 0].argmax() < power[:, 9].argmax()


def test_a_close_view_covers_only_its_own_seconds() -> None:
    pytest.importorskip("librosa")
    spectrum = Spectrum(View(Span(2.0, 3.0), 20, 0.05), RATE)
    for hz in (300.0, 3000.0, 500.0, 3000.0, 3000.0):
        spectrum.push(tone(hz, 1.0))
    power = spectrum.finish()
    assert power.shape == (BANDS, 20)
    assert {int(column) // 4 for column in power[:, 2:18].argmax(axis=0)} == {
        int(np.searchsorted(band_edges(), 500.0) - 1) // 4
    }


def test_silence_is_dark(tmp_path: Path) -> None:
    pytest.importorskip("librosa")
    from dispatcher.reports.spectrum import decibels

    assert decibels(np.zeros((3, 3))).max() < -90.0


def test_the_close_view_shows_the_fullest_seconds(store: FolderStore) -> None:
    pytest.importorskip("librosa")
    recording = Recording(keys.source_key("abc"), "sample", 12.0)
    seen = look_at_fullest(store, recording)
    assert seen.near_span.start in (0.0, 5.0)
    again = look_at(store, recording, seen.near_span)
    np.testing.assert_allclose(seen.far, again.far)
    # At its edges, the first view's windows began in silence.
    np.testing.assert_allclose(seen.near[:, 8:-8], again.near[:, 8:-8], atol=1e-3)


def test_a_steady_sound_is_fuller_than_a_louder_one_with_a_pause() -> None:
    quiet, broken = (
        np.float32(0.3) * tone(300.0, 1.0),
        np.concatenate([tone(300.0, 0.5), np.zeros(RATE // 2, np.float32)]),
    )
    assert fullness(quiet, RATE) > fullness(broken, RATE)


def test_only_finished_jobs_are_drawn_and_only_as_png(store: FolderStore, tmp_path: Path) -> None:
    pytest.importorskip("librosa")
    pytest.importorskip("matplotlib")
    with pytest.raises(InputError, match="only finished jobs"):
        draw_picture(rows(result_key=None, state="failed"), store, tmp_path / "job.png")
    with pytest.raises(InputError, match=r"job\.png"):
        draw_picture(rows(), store, tmp_path / "job.jpg")
    (tmp_path / "there.png").touch()
    with pytest.raises(InputError, match="exists already; allow what is there to be replaced"):
        draw_picture(rows(), store, tmp_path / "there.png")


def test_without_its_packages_it_says_how_to_install_them(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.reports.picture.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'voicefarm\[pictures\]'"):
        draw_picture(rows(), store, tmp_path / "job.png")
    assert "matplotlib.pyplot" not in sys.modules
