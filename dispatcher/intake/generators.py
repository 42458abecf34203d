"""The generators that public voices have, for files that do not say by how much theirs upsamples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from storage.errors import InputError


@dataclass(frozen=True, slots=True)
class Generator:
    """A rate in hertz, and how the generator gets there from 100 frames a second."""

    rate: int
    upsample_rates: tuple[int, ...]
    kernels: tuple[int, ...]

    @property
    def noise_kernels(self) -> tuple[int, ...]:
        """Kernels of the convolutions that bring the sine source to every stage's rate."""
        steps = [prod(self.upsample_rates[stage + 1 :]) for stage in range(len(self.upsample_rates))]
        return tuple(1 if step == 1 else 2 * step for step in steps)


KNOWN = (
    Generator(24_000, (10, 6, 2, 2), (20, 12, 4, 4)),
    Generator(32_000, (10, 4, 2, 2, 2), (16, 16, 4, 4, 4)),
    Generator(32_000, (10, 8, 2, 2), (20, 16, 4, 4)),
    Generator(40_000, (10, 10, 2, 2), (16, 16, 4, 4)),
    Generator(48_000, (10, 6, 2, 2, 2), (16, 16, 4, 4, 4)),
    Generator(48_000, (12, 10, 2, 2), (24, 20, 4, 4)),
)


def known_generator(kernels: Sequence[int], noise_kernels: Sequence[int] | None, rate: int | None) -> Generator:
    """The one generator with these kernels, those of its sine source where there is one, and this rate where given."""
    fitting = [
        known
        for known in KNOWN
        if known.kernels == tuple(kernels)
        and (noise_kernels is None or known.noise_kernels == tuple(noise_kernels))
        and rate in (None, known.rate)
    ]
    if not fitting:
        at = f" at {rate} Hz" if rate else ""
        raise InputError(
            f"its generator upsamples with kernels of {', '.join(map(str, kernels))}{at}, which no known voice does;"
            " export the voice from the program that trained it"
        )
    if len(fitting) > 1:
        rates = " or ".join(str(known.rate) for known in fitting)
        raise InputError(
            f"a training checkpoint does not say whether its rate is {rates} Hz; say which, or export the voice from"
            " the program that trained it"
        )
    return fitting[0]
