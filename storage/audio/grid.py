"""Exact arithmetic with lengths and positions: the only place where samples at different rates meet."""

from fractions import Fraction

#: Every cut falls on this grid: 20 ms is one HuBERT frame (320 samples at 16 kHz) and a whole number of
#: samples at every rate that an engine may ask for.
CELLS_PER_SECOND = 50

#: Channels that lie end to end begin at whole minutes. Whatever an engine ties to the recording's clock, such as the
#: phase of a voice every 1.5 or 2 s, then falls on the same moments in every channel, and a voice that is heard in two
#: of them stays in step with itself.
STRIDE_SECONDS = 60


def resampled_length(samples: int, rate_in: int, rate_out: int) -> int:
    """The exact number of samples that a recording of `samples` has after resampling, whatever its length."""
    return round(Fraction(samples * rate_out, rate_in))


def cell_length(rate: int) -> int:
    """Samples in one grid cell; refuses rates at which a cell is not a whole number of samples."""
    length, rest = divmod(rate, CELLS_PER_SECOND)
    if rest or not length:
        raise ValueError(f"at {rate} Hz, 20 ms are not a whole number of samples")
    return length


def channel_stride(frames: int, rate_in: int, rate_out: int) -> int:
    """Where a recording's channels lie end to end after resampling: the samples from one's beginning to the next one's.

    Always more than a channel has, so that one that is rounded up at another rate still fits.
    """
    step = STRIDE_SECONDS * rate_out
    return (resampled_length(frames, rate_in, rate_out) // step + 1) * step


def cells_in(samples: int, rate: int) -> int:
    """How many grid cells cover this many samples; the last one may be partly filled."""
    return -(-samples // cell_length(rate))
