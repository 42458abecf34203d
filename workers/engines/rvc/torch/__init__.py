"""RVC on PyTorch."""

import os

#: Rounds that a thread which is done waits for its neighbours before it lets its core go; well under a millisecond. By
#: default GNU's OpenMP waits for many milliseconds. Where another program takes a core from one thread now and then,
#: the others burn theirs on waiting: a conversion was measured five times as slow. Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
