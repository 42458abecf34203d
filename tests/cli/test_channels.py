"""Which channels are converted is said on the command line, and told again."""

import json
from pathlib import Path

import numpy as np
import soundfile

from testing.sounds import noise, tone
from tests.cli.running import CommandLine

RATE = 16_000


def test_each_channel_comes_out_even_where_none_has_sound(command: CommandLine, tmp_path: Path) -> None:
    """The silent recording has no atoms, so no worker ever reports of it."""
    left = tone(2 * RATE, RATE)
    for name, samples in (
        ("talk.wav", np.stack([left, 0.25 * left], axis=1)),
        ("silence.wav", np.zeros((2 * RATE, 2))),
        ("six.wav", noise(2 * RATE, 6)),
    ):
        soundfile.write(tmp_path / name, samples, RATE)
    wanted = ("--voice", "through", "--channels", "each", "--format", "mp3")
    ended = command.run("convert", *sorted(tmp_path.glob("*.wav")), *wanted, "-o", tmp_path / "out", "--json")
    told = {Path(entry["source"]).name: entry for entry in json.loads(ended.out)}
    assert told["six.wav"]["error"]["sentence"].endswith(
        "six.wav has 6 channels, but mp3 files hold no more than 2; choose --format wav, or convert one channel with"
        " --channels left, right or its number"
    )
    talk, _ = soundfile.read(tmp_path / "out" / "talk.mp3")
    levels = np.sqrt(np.mean(talk**2, axis=0))
    assert levels[0] / levels[1] > 3.5
    silence, _ = soundfile.read(tmp_path / "out" / "silence.mp3")
    assert silence.shape == (2 * RATE, 2)
    assert not silence.any()
    shown = command.done("show", told["talk.wav"]["job"]).out
    assert "channels     each of 2" in shown
