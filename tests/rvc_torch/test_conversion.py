from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from storage.errors import ConversionError, InputError
from testing.rvc import tiny
from testing.rvc.pieces import Floats, spoken, sung, whole
from testing.rvc.voices import conversion, narrow, nets, overheard, voice_vectors, voice_weights
from tests.rvc_torch.plain import PlainVoice, retrieved
from workers.engines.rvc.arriving import Arriving
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.framework import DeviceFull, Nets
from workers.engines.rvc.known import Known
from workers.engines.rvc.noise import latent_noise, source_noise
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.stand_in import random_voice
from workers.engines.rvc.strip import strip_of, wanted_frames
from workers.engines.rvc.torch.engine import FRAMEWORK, TorchVoice
from workers.engines.stages import Stages

VOICE = narrow()
SECOND = whole(spoken(1.0), VOICE.rate)
DIO = RvcSettings(pitch_method="dio")


def told(net: str, **settings: Any) -> list[npt.NDArray[Any]]:
    """The inputs of a net's first call when SECOND is converted with these settings."""
    voice, ears = overheard(VOICE)
    voice.convert(SECOND, replace(DIO, **settings))
    return list(ears.told[net][0])


def sound(**settings: Any) -> Floats:
    return conversion(VOICE).convert(SECOND, replace(DIO, **settings)).samples


@pytest.mark.parametrize("has_pitch", [True, False])
@pytest.mark.parametrize("content", [tiny.ENCODER.hidden, 16])
def test_it_matches_the_plain_nets_on_the_same_content_and_noise(has_pitch: bool, content: int) -> None:
    """The recording has no pitch in this range, so the source is only noise."""
    sizes = replace(VOICE, has_pitch=has_pitch, content=content)
    settings = RvcSettings(pitch_method="dio", pitch_low=1900.0, pitch_high=2000.0, index_rate=0.6, seed=5, speaker=2)
    voice, strip = conversion(sizes), strip_of(SECOND)
    features = voice.nets.content(strip.window(0, strip.frames)[None])[0].numpy().astype(np.float64)
    share = 0.6 * settings.protect if has_pitch else 0.6
    mixed = (1.0 - share) * features + share * retrieved(features, voice_vectors(sizes).astype(np.float64))
    frames, at = 2 * strip.frames, strip.first_pitch_frame
    noises = (
        latent_noise(5, at, at + frames, sizes.inter).astype(np.float64),
        source_noise(5, at * sizes.frame, (at + frames) * sizes.frame).astype(np.float64),
    )
    plain = PlainVoice(voice_weights(sizes), sizes)
    silent = np.ones(frames, np.int64), np.zeros(frames)
    heard = plain.converted(np.repeat(mixed, 2, axis=0), *silent, noises, 2)
    first, last = wanted_frames(SECOND, strip)
    found = voice.convert(SECOND, settings).samples
    assert tiny.relative_error(found, heard[first * sizes.frame : last * sizes.frame]) <= 1e-4


@pytest.mark.parametrize("settings", [DIO, RvcSettings(), RvcSettings(formant=2.0)], ids=["dio", "rmvpe", "formant"])
def test_the_same_call_gives_the_same_bytes(settings: RvcSettings) -> None:
    voice = conversion(VOICE)
    first = voice.convert(SECOND, settings).samples.tobytes()
    assert voice.convert(SECOND, settings).samples.tobytes() == first
    assert conversion(VOICE).convert(SECOND, settings).samples.tobytes() == first


def test_transposing_moves_the_sine_by_that_many_semitones() -> None:
    voiced = [told("sound", transpose=semitones)[2] for semitones in (0.0, 7.0, -12.0)]
    sings = voiced[0] > 0.0
    assert sings.sum() > 20
    for moved, semitones in zip(voiced[1:], (7.0, -12.0), strict=True):
        np.testing.assert_array_equal(moved > 0.0, sings)
        # Between anchors the sine is bent to whole cycles, so the pitch is not exactly as requested.
        heard = 12.0 * np.log2(moved[sings] / voiced[0][sings])
        np.testing.assert_allclose(heard, semitones, atol=0.15)


def test_transposing_reaches_the_text_encoder_too() -> None:
    usual, moved = told("latent")[3], told("latent", transpose=12.0)[3]
    assert (moved >= usual).all()
    assert (moved > usual).sum() > 20


@pytest.mark.parametrize("formant", [5.0, -5.0])
def test_moved_resonances_leave_length_and_pitch_alone(formant: float) -> None:
    piece = whole(sung(1.5, 200.0), VOICE.rate)
    settings = replace(DIO, formant=formant, index_rate=0.0)
    voice, ears = overheard(VOICE)
    moved = voice.convert(piece, settings).samples
    usual = conversion(VOICE).convert(piece, replace(settings, formant=0.0)).samples
    assert moved.shape == usual.shape
    assert np.abs(moved - usual).max() > 0.01
    pitches = np.concatenate([given[2].reshape(-1) for given in ears.told["sound"]])
    read = np.median(pitches[pitches > 0.0]) * settings.formant_ratio
    assert read == pytest.approx(200.0, rel=0.01)


def test_each_speaker_sounds_different() -> None:
    sounds = [sound(speaker=speaker) for speaker in range(VOICE.speakers)]
    assert all(np.abs(sounds[0] - other).max() > 0.01 for other in sounds[1:])


def test_the_seed_changes_only_the_noise() -> None:
    one, other = told("latent"), told("latent", seed=1)
    for n in (2, 3):
        np.testing.assert_array_equal(one[n], other[n])
    for n in (0, 1):
        np.testing.assert_array_equal(one[n].numpy(), other[n].numpy())  # type: ignore[attr-defined]
    assert np.abs(one[4] - other[4]).max() > 1.0
    one, other = told("sound"), told("sound", seed=1)
    for n in (1, 2):
        np.testing.assert_array_equal(one[n], other[n])
    assert np.abs(one[3] - other[3]).max() > 1.0


def test_an_index_rate_of_zero_equals_no_retrieval() -> None:
    voice = conversion(VOICE)
    voice.nets = replace(nets(VOICE), retrieval=None)
    without = voice.convert(SECOND, DIO).samples
    np.testing.assert_array_equal(sound(index_rate=0.0), without)
    assert np.abs(sound(index_rate=0.75) - without).max() > 0.001


@pytest.mark.parametrize(("protect", "kept"), [(0.5, 1.0), (0.33, 0.33), (0.1, 0.1), (0.0, 0.0)])
def test_unvoiced_frames_take_less_from_retrieval_unless_protect_is_one_half(protect: float, kept: float) -> None:
    voice, ears = overheard(VOICE)
    settings = replace(DIO, index_rate=0.8, protect=protect)
    voice.convert(SECOND, settings)
    share = ears.told["latent"][0][2][0]
    strip = strip_of(SECOND)
    sings = voice.hearing.listen(strip, settings, Stages(), Known(None)).pitch() > 0.0
    assert 20 < sings.sum() < len(sings) - 20
    np.testing.assert_allclose(share[sings], 0.8)
    np.testing.assert_allclose(share[~sings], 0.8 * kept, rtol=1e-6)


def test_a_voice_without_pitch_asks_for_none_and_protects_nothing() -> None:
    voice, ears = overheard(narrow(has_pitch=False))
    converted = voice.convert(SECOND, RvcSettings(index_rate=0.8, protect=0.0))
    assert "peaks" not in ears.told
    assert "pitch" not in converted.stages
    np.testing.assert_allclose(ears.told["latent"][0][2], 0.8)
    assert converted.samples.std() > 0.005


def test_a_speaker_the_voice_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="no speaker 3; its speakers are 0 to 2"):
        sound(speaker=3)


def test_the_time_of_every_stage_is_reported() -> None:
    stages = conversion(VOICE).convert(SECOND, RvcSettings()).stages
    assert {"pitch", "content", "retrieval", "noise", "encoder", "generator"} <= set(stages)
    assert all(seconds >= 0.0 for seconds in stages.values())
    assert stages["generator"] > 0.0


def loaded(
    folder: Path, content: int = tiny.ENCODER.hidden, *, pitch_model: bool = True, vectors: int = 30
) -> TorchVoice:
    recipe = random_voice(folder, replace(VOICE, content=content), tiny.ENCODER, tiny.PITCH, vectors)
    recipe = recipe if pitch_model else replace(recipe, pitch_model=None)
    return FRAMEWORK.load(recipe, lambda known, kind: folder / known, "cpu")


@pytest.mark.parametrize("content", [tiny.ENCODER.hidden, 16])
@pytest.mark.parametrize("vectors", [0, 30])
def test_packages_are_loaded_and_used_to_convert(tmp_path: Path, content: int, vectors: int) -> None:
    voice = loaded(tmp_path, content, vectors=vectors)
    samples = voice.convert(SECOND, {"precision": "fp32"}).samples
    assert len(samples) == VOICE.rate
    assert samples.std() > 0.005
    again = loaded(tmp_path / "again", content, vectors=vectors).convert(SECOND, {"precision": "fp32"}).samples
    np.testing.assert_array_equal(samples, again)


def test_other_pitch_methods_need_no_pitch_net(tmp_path: Path) -> None:
    voice = loaded(tmp_path, pitch_model=False)
    for settings in ({"pitch_method": "dio"}, {"pitch_method": "harvest", "pitch_low": 180.0, "pitch_high": 260.0}):
        converted = voice.convert(whole(sung(0.3), VOICE.rate), settings)
        assert converted.samples.std() > 0.005
        assert converted.stages["pitch"] > 0.0


def test_an_encoder_whose_features_the_voice_cannot_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="content features 20 wide, but the content encoder gives 32 or 16"):
        loaded(tmp_path, 20).convert(SECOND, {})


@dataclass
class CrampedNets:
    """Nets on a device that has room for only two tiles at a time."""

    nets: Nets

    def __getattr__(self, name: str) -> Any:
        return getattr(self.nets, name)

    def sound(self, latent: Floats, *rest: Any) -> Arriving:
        if len(latent) > 2:
            raise DeviceFull("no room")
        return self.nets.sound(latent, *rest)


def test_a_device_that_is_full_changes_nothing_but_the_record() -> None:
    sizes = narrow()
    roomy = conversion(sizes, tiles=8, tile=16)
    cramped = RvcConversion(sizes, CrampedNets(roomy.nets), Batches(Batch(1), Batch(8), 16))
    piece, settings = whole(spoken(1.0), sizes.rate), RvcSettings(pitch_method="dio")
    first = cramped.convert(piece, settings)
    assert np.abs(first.samples - roomy.convert(piece, settings).samples).max() <= 1e-4
    assert first.remark == "the device was full; went on with 1 windows and 2 tiles at a time"
    assert cramped.convert(piece, settings).remark is None


def test_of_atoms_converted_together_one_is_told_that_the_device_was_full() -> None:
    sizes = narrow()
    cramped = RvcConversion(sizes, CrampedNets(nets(sizes)), Batches(Batch(1), Batch(8), 16))
    found = list(cramped.convert_all([whole(spoken(0.5), sizes.rate)] * 3, RvcSettings(pitch_method="dio")))
    assert [converted.remark is None for converted in found] == [False, True, True]
