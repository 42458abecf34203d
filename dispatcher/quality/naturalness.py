"""How natural speech sounds, from 1 to 5, as DNSMOS hears it: made to judge noise suppression, so it is an alarm when
something has become worse, and no listening test.

The nets are Microsoft's (MIT), in the package speechmos, of which only the files are read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from dispatcher.quality.mel import HOP, MelShape, mel_power
from dispatcher.quality.speaker import at_level
from storage.audio.blocks import Mono

PACKAGE = "speechmos"
_FOLDER = "dnsmos_models"
#: The net that hears signal, background and the whole; and the one that hears as people did over the telephone.
_MAIN, _P808 = "sig_bak_ovr.onnx", "model_v8.onnx"
#: Samples that the nets hear at once: 9.01 s.
WINDOW = 144_160
_SHAPE = MelShape(window=321, bands=120)
#: From the net's answers to opinions: polynomials, highest power first.
_SIGNAL = (-0.08397278, 1.22083953, 0.0052439)
_BACKGROUND = (-0.13166888, 1.60915514, -0.39604546)
_OVERALL = (-0.06766283, 1.11546468, 0.04602535)
#: The quietest power, the decibels between it and the loudest that are looked at, and how they are scaled.
_QUIETEST, _DEPTH, _SCALE = 1e-10, 80.0, 40.0
#: Below this level, the nets call nothing natural speech.
_SILENT = 1e-4


@dataclass(frozen=True, slots=True)
class Opinion:
    """Mean opinions from 1 to 5."""

    signal: float
    background: float
    overall: float
    p808: float


def nets_folder() -> Path | None:
    """Where the nets are, if they and what runs them are installed."""
    found = find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found and find_spec("onnxruntime") else []
    folder = Path(places[0]) / _FOLDER if places else None
    return folder if folder is not None and (folder / _MAIN).is_file() else None


class Listener:
    """Judges stretches of speech."""

    def __init__(self, folder: Path) -> None:
        self.main = _session(folder / _MAIN)
        self.p808 = _session(folder / _P808)

    def opinion(self, windows: Iterable[Mono]) -> Opinion | None:
        """The mean opinion of some windows; None if all of them are silent."""
        heard = [self.of_window(at_level(one)) for one in windows if len(one) == WINDOW and _is_loud(one)]
        return Opinion(*(float(mean) for mean in np.mean(heard, axis=0))) if heard else None

    def of_window(self, samples: Mono) -> tuple[float, float, float, float]:
        """Signal, background, overall and P.808 of one window."""
        answer = self.main.run(None, {"input_1": samples[None]})[0][0]
        fits = zip((_SIGNAL, _BACKGROUND, _OVERALL), answer, strict=True)
        signal, background, overall = (float(np.polyval(fit, float(value))) for fit, value in fits)
        mels = mel_power(samples[:-HOP], _SHAPE)
        decibels = 10.0 * np.log10(np.maximum(mels, _QUIETEST) / max(float(mels.max()), _QUIETEST))
        scaled = (np.maximum(decibels, -_DEPTH) + _SCALE) / _SCALE
        p808 = self.p808.run(None, {"input_1": scaled[None].astype(np.float32)})[0][0, 0]
        return signal, background, overall, float(p808)


def _is_loud(samples: Mono) -> bool:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) > _SILENT


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Source and result are judged side by side, each in a thread.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
