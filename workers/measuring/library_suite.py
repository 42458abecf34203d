"""Our own arithmetic beside that of well-known libraries, on the same audio: how fast, and how far apart."""

import math
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np

from storage.audio.highpass import ZeroPhaseHighPass
from storage.audio.resample import resampled
from workers.engines.probe import Probe
from workers.engines.samples import Samples
from workers.measuring.figure import Better, Figure, figure
from workers.measuring.runs import Runs, timed
from workers.measuring.subject import Track, sung, sung_pitch

#: Seconds of the recording, and its rate where it is resampled from.
_SECONDS, _RATE, _FOR_NETS = 30.0, 44_100, 16_000
#: The corner and order of the filter that takes the rumble out, as its file has them.
_CORNER, _ORDER = 48.0, 5
#: Seconds at both ends that filters treat differently.
_EDGE = 1.0
#: Hertz between which pitch is looked for, and the seconds between two frames of ours.
_LOW, _HIGH, _FRAME = 60.0, 1000.0, 0.01
#: Decibels of one step of the natural logarithm.
_DECIBELS = 20.0 / math.log(10.0)
#: The quietest difference that is told, in decibels below full scale.
_QUIETEST = -200.0


def measure_libraries(runs: Runs, probe: Probe | None, say: Callable[[str], None]) -> Iterator[Figure]:
    """Resampling, filtering, the pitch net's spectrum if there is one, and pitch, each beside a library's."""
    if find_spec("scipy") is None:
        return
    say("resampling, filters, spectrum and pitch beside other libraries")
    yield from _resampling(runs)
    yield from _filter(runs)
    if probe is not None and find_spec("librosa"):
        yield from _mel(probe, runs)
    yield from _pitch(runs)


def missing_libraries() -> tuple[str, ...]:
    """What could not be compared, as sentences."""
    wanted = {"scipy": "resampling and filters", "librosa": "pitch and spectrum", "swift_f0": "the pitch by SwiftF0"}
    return tuple(f"{what}: not compared, since {n} is not installed" for n, what in wanted.items() if not find_spec(n))


def _resampling(runs: Runs) -> Iterator[Figure]:
    from scipy.signal import resample_poly

    samples = sung(_SECONDS, _RATE)

    def ours() -> Samples:
        return np.concatenate(list(resampled([samples], _RATE, _FOR_NETS)))

    def theirs() -> Samples:
        return np.asarray(resample_poly(samples, 160, 441), np.float32)

    yield from _beside("resampling 44.1 to 16 kHz", ours, "scipy's resample_poly", theirs, runs)


def _filter(runs: Runs) -> Iterator[Figure]:
    from scipy.signal import butter, sosfiltfilt

    samples = sung(_SECONDS, _FOR_NETS)
    sections = butter(_ORDER, _CORNER, "highpass", fs=_FOR_NETS, output="sos")

    def ours() -> Samples:
        stream = ZeroPhaseHighPass(_FOR_NETS)
        return np.concatenate([stream.push(samples), stream.finish()])

    def theirs() -> Samples:
        return np.asarray(sosfiltfilt(sections, samples), np.float32)

    yield from _beside("high-pass, both ways", ours, "scipy's sosfiltfilt", theirs, runs)


def _beside(
    what: str, ours: Callable[[], Samples], name: str, theirs: Callable[[], Samples], runs: Runs
) -> Iterator[Figure]:
    yield figure("libraries", f"{what}, ours", "x", [_SECONDS / one for one in timed(ours, runs)])
    yield figure("libraries", f"{what}, {name}", "x", [_SECONDS / one for one in timed(theirs, runs)])
    yield figure("libraries", f"{what}, how far apart", "dB", [_apart(ours(), theirs())], Better.LESS)


def _apart(one: Samples, other: Samples) -> float:
    """The largest difference away from the ends, in decibels below full scale."""
    length = min(len(one), len(other))
    edge = round(_EDGE * length / _SECONDS)
    most = float(np.abs(one[edge : length - edge] - other[edge : length - edge]).max())
    return max(20.0 * float(np.log10(most)), _QUIETEST) if most else _QUIETEST


def _mel(probe: Probe, runs: Runs) -> Iterator[Figure]:
    import librosa

    from workers.engines.rvc.architecture import PITCH_HOP
    from workers.engines.rvc.mel import FLOOR, FRAME_SIZE, HIGHEST, LOWEST, MELS

    samples = sung(_SECONDS, _FOR_NETS)

    def theirs() -> Samples:
        power = librosa.feature.melspectrogram(
            y=samples, sr=_FOR_NETS, n_fft=FRAME_SIZE, hop_length=PITCH_HOP, n_mels=MELS, fmin=LOWEST, fmax=HIGHEST,
            htk=True, norm="slaney", power=1.0, pad_mode="reflect",
        )  # fmt: skip
        return np.asarray(np.log(np.maximum(power, FLOOR)).T, np.float32)

    def ours() -> Samples:
        return probe.log_mel(samples)

    what = "spectrum of the pitch net"
    yield figure("libraries", f"{what}, ours", "x", [_SECONDS / one for one in timed(ours, runs)])
    yield figure("libraries", f"{what}, librosa's", "x", [_SECONDS / one for one in timed(theirs, runs)])
    apart = _DECIBELS * float(np.abs(ours() - theirs()).max())
    yield figure("libraries", f"{what}, at most so far apart", "dB", [apart], Better.LESS)


def _pitch(runs: Runs) -> Iterator[Figure]:
    """Finders of the pitch beside the pitch that was sung."""
    from workers.engines.rvc.pitch_finding import swift_pitch, world_pitch

    samples = sung(_SECONDS, _FOR_NETS)
    finders: dict[str, Callable[[], Track]] = {
        "harvest": lambda: world_pitch(samples, "harvest", _LOW, _HIGH),
        "dio": lambda: world_pitch(samples, "dio", _LOW, _HIGH),
    }
    if find_spec("swift_f0"):
        finders["swift-f0"] = lambda: swift_pitch(samples, _LOW, _HIGH)
    if find_spec("librosa"):
        finders["librosa's yin"] = lambda: _yin(samples)
    for name, find in finders.items():
        yield figure("libraries", f"pitch, {name}", "x", [_SECONDS / one for one in timed(find, runs)])
        yield figure("libraries", f"pitch, {name}, from what was sung", "cents", [_cents(find())], Better.LESS)


def _yin(samples: Samples) -> Track:
    import librosa

    found: Track = librosa.yin(
        samples, fmin=_LOW, fmax=_HIGH, sr=_FOR_NETS, frame_length=1024, hop_length=round(_FRAME * _FOR_NETS)
    )
    return found


def _cents(found: Track) -> float:
    """The median distance from the pitch that was sung, where one was found."""
    known = sung_pitch(np.arange(len(found), dtype=np.float64) * _FRAME)
    voiced = found > 0.0
    if not voiced.any():
        return float(np.finfo(np.float32).max)
    return float(np.median(np.abs(1200.0 * np.log2(found[voiced] / known[voiced]))))
