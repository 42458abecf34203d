"""What `quality=fast` saves by leaving pauses silent, in recordings with few and many pauses.

`python -m bench.pauses` prints a Markdown table; full-size nets with random weights, one warm run each.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from bench.engine import recording
from bench.figures import machine
from bench.torch_engine import torch_engine
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.settings import RvcSettings
from workers.engines.voice import Piece

#: Seconds of a phrase.
PHRASE = 4.0
#: Seconds of an atom.
ATOM = 20


def with_rests(seconds: int, share: float) -> npt.NDArray[np.float32]:
    """Phrases with rests between them; the rests make up this share."""
    samples = recording(seconds)
    at = np.arange(len(samples)) / ANALYSIS_RATE % (PHRASE / (1.0 - share))
    samples[at >= PHRASE] = 0.0
    return samples


def seconds_for(conversion: RvcConversion, samples: npt.NDArray[np.float32], quality: str) -> float:
    """Seconds to convert atom by atom, each with the context that the farm would give it."""
    settings = RvcSettings.from_json({"quality": quality})
    step, context = ATOM * ANALYSIS_RATE, 3 * ANALYSIS_RATE
    began = time.perf_counter()
    for start in range(0, len(samples), step):
        first, stop = max(start - context, 0), min(start + step, len(samples))
        out = (s // ANALYSIS_RATE * conversion.sizes.rate for s in (start, stop))
        conversion.convert(Piece(samples[first : stop + context], first, start, stop, *out), settings)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.2, 0.8])
    arguments = parser.parse_args()
    arguments.voice, arguments.device, arguments.precision = "48k", None, "auto"
    print(machine())
    print("| share of pauses in the recording | balanced | fast | times as fast |\n|---|---|---|---|")
    with TemporaryDirectory(prefix="voicefarm-bench-") as folder:
        conversion = torch_engine(Path(folder), arguments).conversion
        seconds_for(conversion, recording(ATOM), "balanced")
        for share in arguments.shares:
            samples = with_rests(arguments.seconds, share)
            took = [seconds_for(conversion, samples, quality) for quality in ("balanced", "fast")]
            print(f"| {100 * share:.0f} % | {took[0]:.1f} s | {took[1]:.1f} s | {took[0] / took[1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
