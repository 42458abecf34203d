"""RVC on PyTorch."""

import os

#: Rounds that a finished thread spins before it gives up its core; well under a millisecond. By default, GNU's OpenMP
#: spins for many milliseconds: whenever another program takes a core from one thread, the others burn theirs waiting,
#: and a conversion was measured to take five times as long. Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
