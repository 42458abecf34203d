"""The most a machine could reach: the arithmetic and memory traffic of a second of audio against its peaks.

The peaks are what the makers publish, which no program reaches; the table says what share of them is needed.
"""

from dataclasses import dataclass

from workers.engines.probe import Work
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes
from workers.engines.rvc.stand_in import VOICE_48K
from workers.engines.rvc.work import (
    encoder_work,
    flow_work,
    generator_work,
    pitch_work,
    retrieval_work,
    text_encoder_work,
)

#: Seconds of a window: an atom of 20 s with its context.
WINDOW = 24.96
#: Factors for the extra work beyond the atom: context, and margins around a tile of 2.56 s.
CONTEXT, MARGIN = WINDOW / 20.0, 1.04
VECTORS, LAYERS = 100_000, 12
#: Four times what the one other MLX implementation reports for an M3 Max.
WANTED = 42.4
#: Bytes of a half-precision value.
HALF = 2


@dataclass(frozen=True, slots=True)
class Machine:
    """Published peaks: half-precision teraflops and gigabytes per second."""

    name: str
    teraflops: float
    gigabytes: float


MACHINES = (
    Machine("M1 (8 GPU cores)", 2.6, 68.0),
    Machine("M3 Max (40 GPU cores)", 14.2, 400.0),
    Machine("M4 Max (40 GPU cores)", 18.4, 546.0),
    Machine("M2 Ultra (76 GPU cores)", 27.2, 800.0),
    Machine("H200 (dense bf16)", 990.0, 4800.0),
)


def second_of_audio() -> dict[str, Work]:
    """The work of each part for a second of a 48k voice, including the engine's own overlaps."""
    parts = {
        "content": (encoder_work(EncoderSizes(), LAYERS, WINDOW), CONTEXT),
        "pitch": (pitch_work(PitchSizes()), CONTEXT),
        "retrieval": (retrieval_work(VECTORS, VOICE_48K.content), CONTEXT),
        "text encoder": (text_encoder_work(VOICE_48K, WINDOW), CONTEXT),
        "flow": (flow_work(VOICE_48K), CONTEXT),
        "generator": (generator_work(VOICE_48K), MARGIN),
    }
    return {name: Work(work.gigaflops * more, work.values * more) for name, (work, more) in parts.items()}


def seconds(machine: Machine, work: Work, bytes_per_value: int = HALF) -> float:
    """The longer of arithmetic and traffic, because a part ends only when both have."""
    return max(work.gigaflops / (machine.teraflops * 1e3), work.values * bytes_per_value / (machine.gigabytes * 1e9))


def main() -> None:
    """Print the work, and the most that each machine can reach."""
    parts = second_of_audio()
    print("| part | GFLOP | values moved, million |\n|---|---|---|")
    for name, work in parts.items():
        print(f"| {name} | {work.gigaflops:.1f} | {work.values / 1e6:.1f} |")
    total = Work(sum(w.gigaflops for w in parts.values()), sum(w.values for w in parts.values()))
    print(f"| all | {total.gigaflops:.1f} | {total.values / 1e6:.1f} |\n")
    print("| machine | arithmetic alone | traffic alone | at most | share of that for 42.4x |\n|---|---|---|---|---|")
    for machine in MACHINES:
        arithmetic = machine.teraflops * 1e3 / total.gigaflops
        traffic = machine.gigabytes * 1e9 / (total.values * HALF)
        most = 1.0 / sum(seconds(machine, work) for work in parts.values())
        share = f"{100 * WANTED / most:.0f} %" if most >= WANTED else "out of reach"
        print(f"| {machine.name} | {arithmetic:.0f}x | {traffic:.0f}x | {most:.0f}x | {share} |")


if __name__ == "__main__":
    main()
