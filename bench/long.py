"""Recordings of 1 s, 10 min, 61 min and 10 h through embedded farms: exact lengths, and memory that does not grow."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import soundfile

from bench.figures import Figure, machine, show
from bench.scratch_farm import cheap_recording
from storage.audio.grid import resampled_length

#: A rate that is quick to make and to read; the figures do not depend on it.
RATE, RATE_OUT = 22_050, 44_100
MINUTE = 60.0
LENGTHS = {"1 s": 1.0, "10 min": 10 * MINUTE, "61 min": 61 * MINUTE + 0.123, "10 h": 600 * MINUTE}


def measure() -> list[Figure]:
    """The lengths of all results, and how much more memory 10 h took than 10 min."""
    figures, peaks = [], {}
    for name, seconds in LENGTHS.items():
        with TemporaryDirectory(prefix="voicefarm-bench-") as folder:
            found, wanted, peaks[name] = _convert(Path(folder), seconds)
            figures.append(Figure(f"samples of {name}", f"{found:,}", f"{wanted:,}", found == wanted))
    for part, peak in sorted(peaks["10 h"].items()):
        grown = peak - peaks["10 min"].get(part, 0.0)
        what = f"{part}: peak memory for 10 h over 10 min ({peak:.0f} MB)"
        figures.append(Figure(what, f"{grown:+.0f} MB", "+60 MB", grown <= 60.0))
    return figures


def _convert(folder: Path, seconds: float) -> tuple[int, int, dict[str, float]]:
    source, out = folder / "source.wav", folder / "out.flac"
    cheap_recording(source, seconds, RATE, 1)
    command = [sys.executable, "-m", "dispatcher.cli.main", "convert", str(source), "--voice", "through"]
    environment = {**os.environ, "VOICEFARM_STATE": str(folder / "state"), "VOICEFARM_WORKERS": "1"}
    with subprocess.Popen([*command, "--rate", str(RATE_OUT), "-o", str(out)], env=environment) as running:
        peaks = _watch(running)
    if running.returncode:
        raise SystemExit(f"the conversion of {seconds:.0f} s failed")
    frames = soundfile.info(source).frames
    return soundfile.info(out).frames, resampled_length(frames, RATE, RATE_OUT), peaks


def _watch(running: "subprocess.Popen[bytes]") -> dict[str, float]:
    """The peak memory of each kind of process, as counted by the kernel, in MB."""
    peaks: dict[str, float] = {}
    while running.poll() is None:
        for child in psutil.Process(running.pid).children(recursive=True):
            try:
                name = child.name()
                status = Path(f"/proc/{child.pid}/status").read_text(encoding="utf-8")
            except (psutil.Error, OSError):
                continue
            part = next((part for part in ("desk", "studio", "worker") if part in name), None)
            high = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
            if part and high:
                peaks[part] = max(peaks.get(part, 0.0), int(high[0]) / 1024)
        time.sleep(0.2)
    return peaks


if __name__ == "__main__":
    print(machine())
    show(measure())
