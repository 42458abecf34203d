"""Exact arithmetic of lengths and positions: the one place where samples at different rates meet."""

from fractions import Fraction

#: Every cut falls on this grid: 20 ms is one HuBERT frame (320 samples at 16 kHz) and a whole number of
#: samples at every rate that an engine may ask for.
CELLS_PER_SECOND = 50


def resampled_length(samples: int, rate_in: int, rate_out: int) -> int:
    """How many samples a recording of `samples` has after resampling, to the sample, whatever its length."""
    return round(Fraction(samples * rate_out, rate_in))


def cell_length(rate: int) -> int:
    """Samples in one grid cell; refuses rates at which a cell is no whole number of samples."""
    length, rest = divmod(rate, CELLS_PER_SECOND)
    if rest or not length:
        raise ValueError(f"{rate} Hz has no whole number of samples in 20 ms")
    return length


def cells_in(samples: int, rate: int) -> int:
    """How many grid cells cover this many samples, the last one perhaps partly."""
    return -(-samples // cell_length(rate))
