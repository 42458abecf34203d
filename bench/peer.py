"""Compare Applio's own nets with ours: same sizes, same audio, same cores, one after the other in one process.

`python -m bench.peer CHECKOUT` needs a checkout of github.com/IAHispano/Applio and the package transformers.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from bench.engine import measure, recording
from bench.figures import machine
from bench.torch_engine import torch_engine
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.stand_in import VOICE_48K

#: Seconds of audio in one piece, without the padding that Applio would add: its best case.
SECONDS = 13.5


@contextmanager
def _importable(checkout: Path) -> Iterator[None]:
    """Make its modules importable without torchaudio, which the nets measured here never use."""
    sys.path.insert(0, str(checkout))
    if "torchaudio" not in sys.modules:
        sys.modules["torchaudio"] = ModuleType("torchaudio")
        for part in ("functional", "transforms"):
            name = f"torchaudio.{part}"
            sys.modules[name] = ModuleType(name)
            setattr(sys.modules["torchaudio"], part, sys.modules[name])
    try:
        yield
    finally:
        sys.path.remove(str(checkout))


def peer_stages(checkout: Path, seconds: float) -> dict[str, Callable[[], Any]]:
    """What Applio runs for a piece: content encoder, pitch net, and the synthesizer with all its parts."""
    import torch
    from transformers import HubertConfig, HubertModel

    with _importable(checkout):
        from rvc.lib.algorithm.synthesizers import Synthesizer
        from rvc.lib.predictors.RMVPE import E2E, MelSpectrogram

    sizes = VOICE_48K
    hubert = HubertModel(HubertConfig()).eval()
    rmvpe = E2E(4, 1, (2, 2)).eval()
    mel = MelSpectrogram(128, 16_000, 1024, 160, None, 30, 8000)
    synthesizer = Synthesizer(
        1025, 32, sizes.inter, sizes.hidden, sizes.filter, sizes.heads, sizes.layers, sizes.kernel, 0, "1",
        list(sizes.res_kernels), [list(d) for d in sizes.res_dilations], list(sizes.upsample_rates), sizes.initial,
        list(sizes.upsample_kernels), sizes.speakers, sizes.speaker_width, sizes.rate, use_f0=True,
        text_enc_hidden_dim=sizes.content, vocoder="HiFi-GAN",
    ).eval()  # fmt: skip
    audio = torch.from_numpy(recording(seconds))[None]
    frames = round(100 * seconds) // 32 * 32
    pitch = torch.full((1, frames), 200.0)
    phone = torch.randn(1, frames, sizes.content)
    coarse = torch.full((1, frames), 100, dtype=torch.long)

    def find_pitch() -> Any:
        return rmvpe(mel(audio)[:, :, :frames])

    def speak() -> Any:
        return synthesizer.infer(phone, torch.tensor([frames]), coarse, pitch, torch.tensor([0]))

    return {"pitch": find_pitch, "content": lambda: hubert(audio).last_hidden_state, "synthesizer": speak}


def measure_peer(checkout: Path, seconds: float, runs: int) -> dict[str, float]:
    """Seconds of each stage, the median of several runs after a warm-up run."""
    import torch

    took = {}
    with torch.inference_mode():
        for name, stage in peer_stages(checkout, seconds).items():
            stage()
            times = []
            for _ in range(runs):
                began = time.perf_counter()
                stage()
                times.append(time.perf_counter() - began)
            took[name] = median(times)
    return took


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--precision", default="auto")
    arguments = parser.parse_args()
    arguments.device, arguments.voice = "cpu", "48k"
    print(machine())
    theirs = measure_peer(arguments.checkout, arguments.seconds, arguments.runs)
    with TemporaryDirectory(prefix="voicefarm-bench-") as folder:
        engine = torch_engine(Path(folder), arguments)
        ours = measure(engine, arguments.seconds, arguments.runs, RvcSettings(precision=arguments.precision))
    total = sum(theirs.values())
    print(f"Applio's nets on {arguments.seconds:g} s at {ANALYSIS_RATE} Hz, fp32:")
    print(", ".join(f"{name} {spent:.2f} s" for name, spent in theirs.items()))
    print(f"{total:.2f} s, {arguments.seconds / total:.2f}x realtime, without retrieval, padding or loading")
    print(f"our nets in {ours.precision}, including retrieval from 100,000 vectors and mirrored context:")
    print(", ".join(f"{name} {stage['seconds']:.2f} s" for name, stage in ours.stages.items()))
    print(f"{ours.seconds:.2f} s, {ours.realtime_factor:.2f}x realtime, {total / ours.seconds:.2f} times as fast")


if __name__ == "__main__":
    main()
