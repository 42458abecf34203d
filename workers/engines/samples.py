"""The types of what engines take and give; apart from the rest, because numpy is slow to import."""

from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
#: What an engine knows of an atom.
Array = npt.NDArray[Any]
