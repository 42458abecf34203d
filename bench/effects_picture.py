"""The picture of docs/effects.md: what effects do to spectra, levels and time."""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes

from storage.audio.blocks import Frames
from workers.effects.chaining import applied, settled
from workers.effects.dynamics import Compressor
from workers.effects.effect import Shape
from workers.effects.grammar import read_chain
from workers.effects.linear import Linear

RATE = 16_000
SHAPE = Shape(RATE, 1)
PANELS = (
    ("Passes and bands", ("highpass 80", "lowpass 8k", "bandpass 300 3.4k", "bandstop 1k", "remove-dc")),
    ("Equalisers", ("eq 3k +6", "eq 300 -6 q=3", "lowshelf 200 +6", "highshelf 6k -6", "tilt 6")),
)


def main(path: Path) -> None:
    """Draw it."""
    figure, axes = pyplot.subplots(4, 2, figsize=(12, 15), layout="constrained")
    for panel, (title, texts) in zip(axes[0], PANELS, strict=True):
        _responses(panel, title, texts)
    _curves(axes[1][0])
    _limited(axes[1][1])
    _gated(axes[2][0])
    _echoes(axes[2][1])
    _noise(axes[3])
    figure.savefig(path, dpi=64)


def _heard(text: str, frames: Frames) -> Frames:
    ready = settled(read_chain(text), lambda: [frames], SHAPE)
    return np.concatenate(list(applied(ready, [frames], SHAPE)))


def _responses(panel: Axes, title: str, texts: tuple[str, ...]) -> None:
    rate, size = 48_000, 1 << 16
    hertz = np.arange(1, size // 2 + 1) * rate / size
    for text in texts:
        (effect,) = read_chain(text).effects
        assert isinstance(effect, Linear)
        response = np.abs(effect.response(rate, size))[1:]
        panel.semilogx(hertz, 20 * np.log10(np.maximum(response, 1e-4)), label=text)
    panel.set(title=title, xlim=(20, 20_000), ylim=(-30, 10), xlabel="Hz", ylabel="dB")
    panel.legend(fontsize=8)


def _curves(panel: Axes) -> None:
    levels = np.linspace(-60, 0, 200)
    for threshold, ratio in ((-30, 2), (-30, 4), (-20, 10)):
        effect = Compressor(threshold, ratio)
        panel.plot(levels, levels - effect.reduction(levels), label=effect.text)
    panel.plot(levels, levels, color="0.8", zorder=0)
    panel.set(title="Compressor: level in, level out", xlabel="dB in", ylabel="dB out")
    panel.legend(fontsize=8)


def _words(seconds: float) -> Frames:
    at = np.arange(round(seconds * RATE)) / RATE
    loud = np.clip(np.sin(2 * np.pi * 1.1 * at), 0, 1) ** 2
    voice = sum(np.sin(2 * np.pi * 120 * number * at) / number for number in range(1, 15))
    return (0.35 * voice * loud)[:, None].astype(np.float32)


def _limited(panel: Axes) -> None:
    words = 2 * _words(2.0)
    panel.plot(words, linewidth=0.3, color="0.7", label="before")
    panel.plot(_heard("limit -6", words), linewidth=0.3, label="limit -6")
    panel.set(title="Limiter", xlabel="samples")
    panel.legend(fontsize=8)


def _gated(panel: Axes) -> None:
    noise = 0.01 * np.random.default_rng(0).standard_normal((2 * RATE, 1)).astype(np.float32)
    sound = _words(2.0) + noise
    for text in ("gain 0", "gate -28", "compress -30 4 makeup=6", "fade 0.5 0.5"):
        power = np.square(_heard(text, sound)[:, 0]).reshape(-1, 400).mean(axis=1)
        panel.plot(np.arange(len(power)) * 400 / RATE, 10 * np.log10(power + 1e-9), label=text)
    panel.set(title="Levels of two words in noise", xlabel="s", ylabel="dB")
    panel.legend(fontsize=8)


def _echoes(panel: Axes) -> None:
    click = np.zeros((RATE, 1), np.float32)
    click[0] = 1.0
    for text in ("reverb 0.8 mix=60", "delay 0.2 feedback=50 mix=60"):
        panel.plot(np.arange(RATE) / RATE, 20 * np.log10(np.abs(_heard(text, click)[:, 0]) + 1e-5), label=text)
    panel.set(title="What a click leaves behind", xlabel="s", ylabel="dB", ylim=(-90, 5))
    panel.legend(fontsize=8)


def _noise(panels: "np.typing.NDArray[np.object_]") -> None:
    noise = 0.02 * np.random.default_rng(0).standard_normal((8 * RATE, 1)).astype(np.float32)
    sound = _words(8.0) + noise
    for panel, text in zip(panels, ("gain 0", "reduce-noise 18"), strict=True):
        shown = _heard(text, sound)[2 * RATE : 5 * RATE, 0]
        panel.specgram(shown + 1e-9, NFFT=512, Fs=RATE, noverlap=384, vmin=-130, vmax=-40)
        panel.set(title="before" if text == "gain 0" else text, xlabel="s", ylabel="Hz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
