"""How alike two results are."""

from typing import Any

import numpy as np

from testing.rvc.tiny import relative_error


def correlation(one: Any, other: Any) -> float:
    """The correlation of all values; 1 means equal except for loudness."""
    return float(np.corrcoef(np.asarray(one, np.float64).ravel(), np.asarray(other, np.float64).ravel())[0, 1])


def assert_twins(found: Any, wanted: Any, error: float = 1e-5) -> None:
    """Assert that two results are equal up to the rounding of single precision."""
    assert relative_error(np.asarray(found), np.asarray(wanted)) <= error
    assert correlation(found, wanted) >= 0.99999
