"""Measuring for real, with nets of tiny sizes: every suite gives its figures, and what was not measured is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest

from storage.errors import ObjectStoreError
from storage.objects.folder import FolderStore
from storage.prices import NO_PRICES, Prices
from testing.rvc import tiny
from workers.engines.capability import detect
from workers.engines.catalog import engine
from workers.engines.rvc.stand_in import random_voice
from workers.measuring import conversion_suite, library_suite, measuring
from workers.measuring.conversion_suite import measure_conversion
from workers.measuring.figure import Better, figure
from workers.measuring.measurement import Measurement
from workers.measuring.measuring import Plan, costs, measured
from workers.measuring.runs import Runs
from workers.measuring.subject import Subject, make_stand_in, stand_in

QUICK = Runs(0, 3, 60.0)


@contextmanager
def small(name: str, capability: str) -> Iterator[Subject]:
    """The engine's own stand-in where that is small, else one with tiny nets."""
    if not engine(name).has_nets:
        with stand_in(name, capability) as subject:
            yield subject
        return
    folder = FOLDER[0] / capability
    folder.mkdir(exist_ok=True)
    sizes = tiny.voice("24k")
    recipe = {**asdict(random_voice(folder, sizes, tiny.ENCODER, tiny.PITCH, vectors=40)), "rate": sizes.rate}
    voice = engine(name).load(recipe, lambda content_hash, _: folder / content_hash, capability)
    yield Subject(engine(name), recipe, voice, capability)


FOLDER: list[Path] = []


@pytest.fixture(scope="module", params=["cpu", "mlx"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measurement]:
    folder = tmp_path_factory.mktemp("measured")
    FOLDER[:] = [folder]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "stand_in", small)
        patch.setattr(measuring, "SHORT", QUICK)
        patch.setattr(measuring, "SHORT_LENGTHS", (0.5, 1.0))
        patch.setattr(library_suite, "_SECONDS", 3.0)
        yield measured(Plan(detect((), request.param), is_short=True), FolderStore(folder / "objects"))
    assert not list((folder / "objects").rglob("*.flac"))


def test_every_suite_gives_figures_with_all_their_runs(found: Measurement) -> None:
    suites = {one.suite for one in found.figures}
    assert {"conversion", "pitch", "content", "synthesis", "memory", "storage"} <= suites
    assert ({"world", "libraries"} <= suites) == (found.facts.capability == "cpu")
    assert all(value >= 0.0 for one in found.figures for value in one.values if one.unit != "dB")
    assert {len(one.values) for one in found.figures if one.suite in ("conversion", "synthesis", "storage")} == {3}


def test_the_figures_can_be_sent_as_they_are(found: Measurement) -> None:
    assert msgspec.json.decode(msgspec.json.encode(found), type=Measurement) == found


def test_the_usual_preset_is_measured_at_every_length_and_the_others_at_one(found: Measurement) -> None:
    speeds = [one.name for one in found.figures if one.suite == "conversion" and one.unit == "x"]
    assert speeds == ["fast, 0.5 s", "balanced, 0.5 s", "balanced, 1 s", "quality, 0.5 s"]
    (best,) = (one for one in found.figures if one.name == "quality, 0.5 s")
    assert best.remark == "fp32"


def test_stages_and_kernels_add_up(found: Measurement) -> None:
    assert {"pitch", "content", "generator"} <= {one.name for one in found.stages}
    assert sum(one.share for one in found.stages) == pytest.approx(1.0)
    assert {one.name for one in found.stages if one.gigaflops} >= {"pitch", "content", "generator"}
    assert found.peaks is not None
    assert found.peaks.gigaflops > 0.1
    assert found.peaks.gigabytes > 0.1
    if found.facts.capability == "cpu":
        assert any("conv" in one.name for one in found.kernels)
        assert sum(one.share for one in found.kernels) <= 1.0 + 1e-9
    else:
        assert any("single kernels were not measured" in remark for remark in found.remarks)


def test_a_device_that_takes_many_atoms_is_measured_with_as_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FOLDER[:] = [tmp_path]
    with small("rvc", "cpu") as subject:
        monkeypatch.setattr(subject.engine, "seconds_together", lambda capability: 4.0)
        monkeypatch.setattr(conversion_suite, "_ATOM_SECONDS", 2.0)
        monkeypatch.setattr(conversion_suite, "_REQUEST_SECONDS", 1.0)
        tried = measure_conversion(subject, QUICK, (1.0,), lambda _: None)
    by_name = {one.name: one for one in tried.figures}
    whole = by_name["balanced, 2 atoms of 2 s"]
    assert len(by_name["balanced, 2 atoms of 2 s, until the first is there"].values) == len(whole.values)
    assert by_name["requests of 1 s, 4 at once"].unit == "1/s"


@pytest.mark.parametrize("capability", ["cpu", "mlx"])
def test_the_pitch_net_s_spectrum_is_librosa_s(capability: str) -> None:
    pytest.importorskip("librosa")
    probe = engine("rvc").probe(capability)
    assert probe is not None
    speed, other, apart = library_suite._mel(probe, Runs(0, 3, 60.0))
    assert (speed.unit, other.unit, apart.unit) == ("x", "x", "dB")
    assert apart.median < 0.1


class NoStore(FolderStore):
    """A store that is away."""

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:
        raise ObjectStoreError("the object store does not answer; check it")


def test_a_store_that_is_away_costs_its_own_figures_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FOLDER[:] = [tmp_path]
    monkeypatch.setattr(measuring, "stand_in", small)
    monkeypatch.setattr(measuring, "MEASURED", ("world",))
    monkeypatch.setattr(measuring, "SHORT", QUICK)
    monkeypatch.setattr(measuring, "SHORT_LENGTHS", (0.5,))
    monkeypatch.setattr(library_suite, "_SECONDS", 3.0)
    found = measured(Plan(detect((), "cpu"), is_short=True), NoStore(tmp_path / "objects"))
    assert {"world", "libraries"} <= {one.suite for one in found.figures}
    assert "the object store was not measured: the object store does not answer; check it" in found.remarks


def test_a_stand_in_is_made_for_engines_without_voices_of_their_own_alone(tmp_path: Path) -> None:
    assert make_stand_in("world", str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_an_hour_of_audio_costs_the_machine_s_time_and_what_it_drew() -> None:
    speeds = [
        figure("conversion", "balanced, 5 s", "x", (2.0, 4.0)), figure("pitch", "alone", "x", (20.0,)),
        figure("energy", "balanced, 5 s", "J/h", (3.6e6, 1.8e6), Better.LESS),
    ]  # fmt: skip
    (cost,) = costs(speeds, "cpu.test", Prices({"cpu": 1.0}, {"all": 0.5}))
    assert (cost.suite, cost.name, cost.unit) == ("cost", "balanced, 5 s", "an hour")
    assert cost.values == pytest.approx((0.875, 0.625))
    assert costs(speeds, "cpu.test", NO_PRICES) == []
