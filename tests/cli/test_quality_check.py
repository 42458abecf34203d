"""--quality-check: a farm of one command judges what it made before it ends, and its report keeps the figures."""

import json
from pathlib import Path

from tests.cli.running import CommandLine


def test_a_result_is_judged_and_told_and_kept(command: CommandLine, talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    done = command.done("convert", talk, "--voice", "through", "-o", out, "--quality-check")
    assert f"{talk}: nothing wrong was found in 1 s of it" in done.err
    told = json.loads(command.done("report", "1", "--json").out)["quality"]
    assert (told["state"], told["faults"]) == ("judged", [])
    assert {"length", "loudness"} <= {one["what"] for one in told["measures"]}
    assert "nothing wrong was found" in command.done("report", "1").out


def test_a_manifest_may_ask_for_it_line_by_line(command: CommandLine, talk: Path, tmp_path: Path) -> None:
    lines = talk.with_name("lines.csv")
    lines.write_text(f"source,voice,output,quality_check\n{talk.name},through,one,yes\n{talk.name},through,two,no\n")
    command.done("convert", "--manifest", lines, "-o", tmp_path / "out")
    reports = [json.loads(command.done("report", number, "--json").out) for number in ("1", "2")]
    judged = {r["job"]["id"]: r["quality"] and r["quality"]["state"] for r in reports}
    assert sorted(map(str, judged.values())) == ["None", "judged"]
