"""Silent pauses take no work, and change nothing in the sounding parts."""

from dataclasses import replace

import numpy as np
import pytest

from testing.rvc.joins import likeness
from testing.rvc.pieces import atom, atoms, spoken, whole
from testing.rvc.voices import conversion, narrow, overheard
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP
from workers.engines.rvc.settings import RvcSettings

VOICE = narrow()
CONVERTED = RvcSettings(pitch_method="dio")
SILENT = replace(CONVERTED, pauses="silent")
#: Two seconds of speech, three of silence, one of speech.
TALK = np.concatenate([spoken(2.0), np.zeros(3 * ANALYSIS_RATE, np.float32), spoken(1.0)])
SPEECH = slice(0, 2 * VOICE.rate)
PAUSE = slice(round(2.5 * VOICE.rate), round(4.5 * VOICE.rate))


@pytest.mark.parametrize("formant", [0.0, 3.0])
def test_pauses_come_out_silent_and_the_rest_unchanged(formant: float) -> None:
    piece = whole(TALK, VOICE.rate)
    usual = conversion(VOICE).convert(piece, replace(CONVERTED, formant=formant)).samples
    found = conversion(VOICE).convert(piece, replace(SILENT, formant=formant)).samples
    assert len(found) == len(usual)
    assert usual[PAUSE].std() > 0.005
    assert (found[PAUSE] == 0.0).all()
    assert np.abs(found - usual)[SPEECH].max() <= 1e-5


def test_the_generator_works_only_on_what_sounds() -> None:
    frames = []
    for settings in (CONVERTED, SILENT):
        voice, ears = overheard(VOICE)
        voice.convert(whole(TALK, VOICE.rate), settings)
        frames.append(sum(latent.shape[0] * latent.shape[1] for latent, *_ in ears.told["sound"]))
    # The three seconds of silence, less what is kept around the speech and a tile's margin.
    assert frames[1] < frames[0] - 200


def test_no_net_works_on_a_long_pause() -> None:
    recording = np.concatenate([spoken(1.0), np.zeros(20 * ANALYSIS_RATE, np.float32), spoken(1.0, seed=1)])
    piece = whole(recording, VOICE.rate)
    heard, found = [], []
    for settings in (CONVERTED, SILENT):
        voice, ears = overheard(VOICE)
        found.append(voice.convert(piece, settings).samples)
        heard.append(sum(audio.size for (audio,) in ears.told["content"]) / ANALYSIS_RATE)
    # Twice one second of speech, each with its context, in whole steps.
    assert heard[0] > 22.0
    assert heard[1] < 18.0
    assert len(found[1]) == len(found[0])
    for second in (slice(0, VOICE.rate), slice(21 * VOICE.rate, None)):
        # The content encoder's first norm covers its whole window, silence included, so this is not exactly the same.
        assert likeness(found[0][second], found[1][second]) >= 0.99
    assert not found[1][2 * VOICE.rate : 20 * VOICE.rate].any()


def test_an_atom_of_silence_is_not_given_to_the_nets() -> None:
    voice, ears = overheard(VOICE)
    second = ANALYSIS_RATE
    silence = voice.convert(atom(TALK, 2 * second + second // 2, 4 * second, VOICE.rate), SILENT)
    assert len(silence.samples) == 3 * VOICE.rate // 2
    assert not silence.samples.any()
    assert not ears.told


def test_atoms_have_the_same_pauses_as_the_whole() -> None:
    # One cut is within the slope where the voice fades out.
    cuts = [113 * CONTENT_HOP, 180 * CONTENT_HOP]
    one = conversion(VOICE).convert(whole(TALK, VOICE.rate), SILENT).samples
    parts = [conversion(VOICE).convert(piece, SILENT).samples for piece in atoms(TALK, cuts, VOICE.rate)]
    joined = np.concatenate(parts)
    assert len(joined) == len(one)
    np.testing.assert_array_equal(joined == 0.0, one == 0.0)
