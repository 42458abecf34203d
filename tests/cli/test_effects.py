"""--before and --after, in words and by names, on a farm of one command."""

import json
from pathlib import Path

import soundfile

from tests.cli.running import CommandLine


def test_a_recording_goes_through_effects_before_and_after(command: CommandLine, talk: Path, tmp_path: Path) -> None:
    command.done("chain", "add", "podcast", "highpass 80 | loudness -16 | limit -1")
    out = tmp_path / "out.wav"
    command.done(
        "convert", talk, "--voice", "through", "--before", "highpass 60", "--after", "podcast | pan 20", "-o", out
    )
    samples, _ = soundfile.read(out)
    assert samples.shape[1] == 2
    assert abs(samples).max() < 10 ** (-1 / 20)
    job = json.loads(command.done("show", "1", "--json").out)
    assert job["effects_before"] == "highpass 60"
    assert job["effects_after"] == "highpass 80 | loudness -16 | limit -1 | pan 20"
    assert "effects after" in command.done("show", "1").out


def test_chains_are_named_listed_and_forgotten(command: CommandLine) -> None:
    assert "no chain has a name so far" in command.done("chain", "list").out
    said = command.done("chain", "add", "podcast", "highpass 80Hz | limit -1").out
    assert said.strip() == "chain 'podcast' is highpass 80 | limit -1"
    assert json.loads(command.done("chain", "list", "--json").out) == [
        {"name": "podcast", "effects": "highpass 80 | limit -1"}
    ]
    assert "podcast removed" in command.done("chain", "remove", "podcast").out
    assert json.loads(command.done("chain", "list", "--json").out) == []
    listed = json.loads(command.done("chain", "effects", "--json").out)
    assert next(one for one in listed if one["name"] == "limit")["settings"][0]["high"] == 0
    assert "de-esser" not in command.done("chain", "effects").out


def test_a_manifest_may_ask_for_effects_line_by_line(command: CommandLine, talk: Path, tmp_path: Path) -> None:
    lines = talk.with_name("lines.csv")
    lines.write_text(f"source,voice,output,after\n{talk.name},through,one,peak -6\n{talk.name},through,two,\n")
    command.done("convert", "--manifest", lines, "-o", tmp_path / "out")
    peaks = [abs(soundfile.read(tmp_path / "out" / f"{name}.wav")[0]).max() for name in ("one", "two")]
    assert abs(peaks[0] - 10 ** (-6 / 20)) < 0.02
    assert peaks[0] != peaks[1]


def test_a_mistake_is_told_with_its_place(command: CommandLine, talk: Path) -> None:
    failed = command.run("convert", talk, "--voice", "through", "--after", "highpass 80 | eqq 3k")
    place = "at character 15 of 'highpass 80 | eqq 3k'"
    assert failed.sentence() == f"voicefarm: {place}: there is no effect 'eqq'; did you mean eq?"
