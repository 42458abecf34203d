"""Damage of every kind is found and named, and a good result is not blamed: by the command, as people use it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from dispatcher.cli.quality import quality_command
from storage.audio.blocks import Mono
from tests.quality.speech import spoken
from workers.engines.catalog import engine
from workers.engines.voice import Piece

RATE = 24_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real speech, the same converted by a vocoder, and more of the same and of another speaker."""
    folder = tmp_path_factory.mktemp("quality")
    source = spoken("en", 1, 4)[: 20 * 16_000]
    write(folder / "source.wav", source, 16_000)
    write(folder / "result.wav", converted(source, "plain"))
    write(folder / "low.wav", converted(source, "deep"))
    for name, speaker in (("same", "en"), ("other", "it")):
        write(folder / f"{name}.wav", spoken(speaker, 8, 4), 16_000)
    return folder


def write(path: Path, samples: Mono, rate: int = RATE) -> Path:
    soundfile.write(path, samples, rate, "PCM_24")
    return path


def converted(source: Mono, voice: str) -> Mono:
    import soxr

    world = engine("world")
    samples = soxr.resample(source, 16_000, world.rate_in)
    piece = Piece(samples, 0, 0, len(samples), 0, len(samples) * RATE // world.rate_in)
    recipe = world.built_in_voices()[voice]
    found: Mono = world.load(recipe, lambda *_: Path(), "cpu").convert(piece, world.checked_settings({})).samples
    return np.asarray(found * 0.9 / max(np.abs(found).max(), 0.9), np.float32)


def said(*words: str | Path) -> Result:
    return CliRunner().invoke(quality_command, [str(word) for word in words])


def kinds(*words: str | Path) -> set[str]:
    told = json.loads(said(*words, "--json").output)
    return {fault["kind"] for fault in told["faults"]}


def test_figures_that_cannot_be_told_are_null_for_programs(folder: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    told = said(folder / "source.wav", folder / "result.wav", "--pitch", "24", "--json").output
    measures = {one["what"]: one for one in json.loads(told, parse_constant=refuse)["measures"]}
    assert measures["pitch, error"]["result"] is None
    assert measures["pitch, error"]["is_met"] is False


def damaged(folder: Path, change: Callable[[Mono], Mono]) -> Path:
    samples, _ = soundfile.read(folder / "result.wav", dtype="float32")
    return write(folder / "damaged.wav", change(samples))


def with_click(samples: Mono) -> Mono:
    samples[round(12.3 * RATE)] += 0.4
    return samples


def without_a_second(samples: Mono) -> Mono:
    return np.concatenate([samples[: 14 * RATE], samples[15 * RATE :]])


def with_a_silent_second(samples: Mono) -> Mono:
    samples[4 * RATE : 5 * RATE] = 0.0
    return samples


def too_loud(samples: Mono) -> Mono:
    return np.asarray(np.clip(4.0 * samples, -1.0, 1.0), np.float32)


def with_noise(samples: Mono) -> Mono:
    return samples + np.float32(0.03) * np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32)


def silent(samples: Mono) -> Mono:
    return 0.0 * samples


def test_a_good_result_is_not_blamed(folder: Path) -> None:
    told = said(folder / "source.wav", folder / "result.wav", "--pitch", "0", "--target-speaker", folder / "same.wav")
    assert told.exit_code == 0, told.output
    assert "nothing wrong was found" in told.output
    lines = {line.split("  ")[0]: line for line in told.output.splitlines()}
    for name in ("pitch, error", "speaker, like the target", "length", "clicks"):
        assert lines[name].endswith("yes"), lines[name]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (with_click, "click"),
        (without_a_second, "move"),
        (without_a_second, "length"),
        (with_a_silent_second, "dropout"),
        (too_loud, "clipping"),
        (with_noise, "naturalness"),
        (silent, "silence"),
    ],
)
def test_damage_is_found_and_named(folder: Path, change: Callable[[Mono], Mono], kind: str) -> None:
    assert kind in kinds(folder / "source.wav", damaged(folder, change), "--pitch", "0")


def test_a_wrong_pitch_and_another_speaker_are_found_and_named(folder: Path) -> None:
    source = folder / "source.wav"
    assert "pitch" in kinds(source, folder / "low.wav", "--pitch", "0")
    assert kinds(source, folder / "low.wav", "--pitch", "-5") == set()
    assert kinds(source, folder / "result.wav", "--target-speaker", folder / "other.wav") == {"speaker"}


def test_faults_are_told_with_their_place_and_status_1(folder: Path) -> None:
    told = said(folder / "source.wav", damaged(folder, with_click), "--picture", folder / "bad.png")
    assert told.exit_code == 1
    assert "click: there is a click at 0:12.30" in told.output
    assert (folder / "bad.png").read_bytes().startswith(b"\x89PNG")
    again = said(folder / "source.wav", folder / "damaged.wav", "--picture", folder / "bad.png")
    assert "exists already" in str(again.exception)
    other = said(folder / "source.wav", folder / "damaged.wav", "--picture", folder / "bad.jpg")
    assert "a picture is written as PNG" in str(other.exception)
