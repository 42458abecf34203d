"""The type of the samples that engines take and give; apart from the rest, because numpy is slow to import."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
